"""Operations by subject: instances, policies, records, release labels; `paging` serves all lists."""
