//! The check lists: what an edit by hand may do to them. It must not touch a file.

use super::*;

const HAND_WRITTEN: &str = "# What I want\n\nSome prose.\n- [ ] obj-1: OAuth provider\n  * [x] obj-4: Nested\n- [ ] no id yet\n- plain bullet\n```\n- [ ] not an item\n```\n";

#[test]
fn a_line_not_understood_is_kept_and_an_edit_by_hand_counts() {
    let mut list = CheckList::parse(ListKind::Objectives, HAND_WRITTEN, 0);
    let texts: Vec<_> = list
        .items()
        .map(|item| (item.id.number, item.done))
        .collect();
    assert_eq!(texts, [(1, false), (4, true), (0, false)]);
    assert_eq!(list.assign_ids(), 1);
    let expected = HAND_WRITTEN.replace("- [ ] no id yet", "- [ ] obj-5: no id yet");
    assert_eq!(list.to_text(), expected);
}

#[test]
fn ids_are_never_reused_even_when_the_line_is_gone() {
    let mut list = CheckList::parse(ListKind::Blockers, "", 7);
    assert_eq!(
        list.add("Waiting on keys", Some("ACME-1".into()))
            .to_string(),
        "blk-8"
    );
    assert_eq!(
        list.to_text(),
        "# Blockers\n\n- [ ] blk-8: Waiting on keys (issue: ACME-1)\n"
    );
    let again = CheckList::parse(ListKind::Blockers, &list.to_text(), 0);
    assert_eq!(
        again.items().next().unwrap().issue.as_deref(),
        Some("ACME-1")
    );
}

#[test]
fn a_copied_id_becomes_a_new_one() {
    let mut list = CheckList::parse(ListKind::Objectives, "- [ ] obj-1: a\n- [ ] obj-1: b\n", 0);
    list.assign_ids();
    let ids: Vec<_> = list.items().map(|item| item.id.number).collect();
    assert_eq!(ids, [1, 2]);
}

#[test]
fn a_number_out_of_all_reason_is_text_and_uses_up_no_ids() {
    for number in [u32::MAX, 1_000_000_000] {
        let text = format!("- [ ] obj-{number}: max\n- [ ] obj-1: a\n");
        let mut list = CheckList::parse(ListKind::Objectives, &text, 0);
        assert_eq!(list.assign_ids(), 1);
        let expected = format!("# Objectives\n\n- [ ] obj-2: obj-{number}: max\n- [ ] obj-1: a\n");
        assert_eq!(list.to_text(), expected);
    }
}

#[test]
fn a_number_beyond_that_counts_once_it_was_given_out() {
    let text = format!("- [ ] obj-{HIGHEST_BY_HAND}: a\n");
    let mut list = CheckList::parse(ListKind::Objectives, &text, 0);
    let id = list.add("b", None);
    let again = CheckList::parse(ListKind::Objectives, &list.to_text(), list.highest());
    assert_eq!(again.items().last().unwrap().id, id);
}

#[test]
fn an_unknown_id_lists_the_known_ones() {
    let mut list = CheckList::parse(ListKind::Objectives, "- [ ] obj-2: a\n", 0);
    assert!(list.complete("obj-2").unwrap().1);
    assert!(!list.complete("2").unwrap().1);
    let unknown = list.complete("obj-9").unwrap_err();
    assert_eq!(unknown.known.len(), 1);
    assert_eq!(list.to_text(), "# Objectives\n\n- [x] obj-2: a\n");
}

#[test]
fn text_over_several_lines_is_folded_into_one() {
    let mut list = CheckList::empty(ListKind::Objectives);
    list.add("a\n# forged\tb", None);
    assert_eq!(
        list.to_text(),
        "# Objectives\n\n- [ ] obj-1: a # forged b\n"
    );
}
