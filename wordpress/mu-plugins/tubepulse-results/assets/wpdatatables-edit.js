// wpDataTables' page for one table: the field that tells a table of our type its feed.
jQuery(($) => {
  const type = $("#wdt-table-type");
  const content = $("#tubepulse-content");
  const show = () => $(".tubepulse-source").toggleClass("hidden", type.val() !== "tubepulse");
  type.on("change", show);
  content.on("input", () => wpdatatable_config.setContent(content.val()));
  // wpDataTables sets its own fields when the page is ready; ours after that
  $(window).on("load", () => {
    if (wpdatatable_config.table_type === "tubepulse") content.val(wpdatatable_config.content);
    show();
  });
});
