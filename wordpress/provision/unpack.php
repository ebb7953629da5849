<?php
/** Unpacks a plugin's zip, whoever made it. */

declare(strict_types=1);

const MOST_FILES = 20_000;
const MOST_BYTES = 400 * 1024 * 1024;

/** The zip is not what it should be; the message ends a sentence that begins with its name. */
final class BadZip extends RuntimeException
{
}

/**
 * Put the zip's one folder into $plugins, in place of what is there.
 *
 * @return string the plugin's version
 */
function unpack_plugin(string $file, string $plugins, string $folder): string
{
    $work = "$plugins/.unpacking";
    remove_folder($work);
    mkdir($work) || throw new BadZip("cannot write to $plugins");
    try {
        $zip = new ZipArchive();
        if ($zip->open($file, ZipArchive::RDONLY) !== true) {
            throw new BadZip('is no zip file');
        }
        check_entries($zip, $folder);
        if (!@$zip->extractTo($work)) {
            throw new BadZip('is damaged, or the disk is full');
        }
        $zip->close();
        $header = file_get_contents("$work/$folder/$folder.php", false, null, 0, 8192);
        if (!preg_match('/^[ \t\/*#]*Plugin Name:.*wpDataTables/mi', $header)) {
            throw new BadZip('is not wpDataTables');
        }
        strip_outside_imports("$work/$folder");
        // Aside first: a site that runs meanwhile misses it for a moment only
        if (is_dir("$plugins/$folder")) {
            rename("$plugins/$folder", "$work/replaced");
        }
        if (!rename("$work/$folder", "$plugins/$folder")) {
            @rename("$work/replaced", "$plugins/$folder");
            throw new BadZip("cannot write to $plugins");
        }
    } finally {
        remove_folder($work);
    }
    return preg_match('/^[ \t\/*#]*Version:\s*(\S+)/mi', $header, $found) ? $found[1] : '';
}

/** All in one folder, nothing but files and folders, and of a plugin's size. */
function check_entries(ZipArchive $zip, string $folder): void
{
    if ($zip->numFiles > MOST_FILES) {
        throw new BadZip('holds more than ' . MOST_FILES . ' files');
    }
    if ($zip->locateName("$folder/$folder.php") === false) {
        throw new BadZip("is not wpDataTables: it lacks $folder/$folder.php");
    }
    $bytes = 0;
    for ($index = 0; $index < $zip->numFiles; $index++) {
        $entry = $zip->statIndex($index);
        $name = $entry['name'];
        if (!str_starts_with($name, "$folder/") || preg_match('#(^|/)\.\.(/|$)|[\\\\\x00-\x1f]#', $name)) {
            $shown = addcslashes(substr($name, 0, 80), "\0..\37\177..\377");
            throw new BadZip("holds a file outside its folder: $shown");
        }
        $zip->getExternalAttributesIndex($index, $system, $attributes);
        if ($system === ZipArchive::OPSYS_UNIX && ($attributes >> 16 & 0170000) === 0120000) {
            throw new BadZip("holds a link: $name");
        }
        $bytes += $entry['size'];
        if ($bytes > MOST_BYTES) {
            throw new BadZip('unpacks to more than ' . MOST_BYTES / 1024 / 1024 . ' MB');
        }
    }
}

/** Style sheets that ask another host, for fonts: pages of ours do not. */
function strip_outside_imports(string $folder): void
{
    $import = <<<'REGEX'
        ~@import \s+ (?: url\(\s* )?
         (?: "(?:https?:)?//[^"]*" | '(?:https?:)?//[^']*' | (?:https?:)?//[^)\s]* )
         \s* \)? [^;{}]* ;~xi
        REGEX;
    $files = new RecursiveIteratorIterator(new RecursiveDirectoryIterator($folder, FilesystemIterator::SKIP_DOTS));
    foreach ($files as $file) {
        if (strtolower($file->getExtension()) === 'css') {
            $css = file_get_contents($file->getPathname());
            $stripped = preg_replace($import, '', $css);
            if ($stripped !== null && $stripped !== $css) {
                file_put_contents($file->getPathname(), $stripped);
            }
        }
    }
}

function remove_folder(string $folder): void
{
    if (!is_dir($folder)) {
        return;
    }
    $files = new RecursiveIteratorIterator(
        new RecursiveDirectoryIterator($folder, FilesystemIterator::SKIP_DOTS),
        RecursiveIteratorIterator::CHILD_FIRST,
    );
    foreach ($files as $file) {
        $file->isDir() && !$file->isLink() ? rmdir($file->getPathname()) : unlink($file->getPathname());
    }
    rmdir($folder);
}
