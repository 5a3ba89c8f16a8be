//! `docs/configuration.md` says what the program reads. It must not test single values: they have unit tests.

use session::config::reference;

use crate::common::source_root;

#[test]
fn the_page_is_what_the_template_and_the_code_say() {
    let path = source_root().join("docs/configuration.md");
    let page = reference::page().unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let present = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        present == page,
        "docs/configuration.md is out of date; run: UPDATE_DOCS=1 cargo test -p session --test it"
    );
}
