//! A saved plan is shown as it was when it was made, in every format.

use crate::support::{Folder, cxform, root};

#[test]
fn a_saved_plan_is_shown_as_it_was_made() {
    let folder = Folder::new("formats");
    folder.fill(&root().join("tests/scenarios/pull-request-comment"));
    for format in ["text", "json", "markdown", "html", "github", "gitlab"] {
        for detail in ["summary", "changes", "full"] {
            let tell = ["--format", format, "--detail", detail];
            let make = ["plan", "--at", "2035-01-08T07:30", "--out", "saved.plan"];
            let made = cxform(folder.path(), &[], &[&make[..], &tell].concat());
            let shown = cxform(folder.path(), &[], &[&["show", "saved.plan"][..], &tell].concat());
            assert_eq!((made.code, shown.code), (3, 0), "{}{}", made.err, shown.err);
            assert!(!made.out.is_empty());
            assert_eq!(made.out, shown.out, "{format} {detail}");
        }
    }
}
