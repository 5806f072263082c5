//! Where values stand in a text, in bytes, and how they are written.

use std::collections::BTreeMap;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};

use crate::model::Place;

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::manifest) enum Form {
    /// A text, a number or a word, with quotes or without.
    Scalar,
    /// A text in lines of its own, below `|` or `>`. Its range begins with its first word.
    Lines,
    /// `*name`.
    Alias,
    /// `[…]` or `{…}`.
    Flow,
    /// Lines of items or of keys.
    Block,
}

/// One value as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::manifest) struct Written {
    /// Its bytes, without what is blank at their end.
    pub(in crate::manifest) range: Range<usize>,
    pub(in crate::manifest) form: Form,
}

/// Where everything of a text stands.
#[derive(Debug, Default)]
pub(in crate::manifest) struct Layout {
    values: BTreeMap<(u32, u32, bool), Written>,
    comments: Vec<Range<usize>>,
}

impl Layout {
    /// The layout of a text that can be read.
    pub(in crate::manifest) fn of(text: &str) -> Self {
        let mark = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
        let options = granit_parser::options! { emit_comments: true };
        let mut layout = Self::default();
        let mut open: Vec<((u32, u32, bool), Form)> = Vec::new();
        let mut last = 0;
        for (event, span) in Parser::new_from_str_with_options(&text[mark..], options).flatten() {
            let Some(range) = span.byte_range() else { continue };
            let range = range.start + mark..range.end + mark;
            let said = text.get(range.clone()).unwrap_or_default().trim_end();
            let range = range.start..range.start + said.len();
            let mut put = |key, written: Written| {
                layout.values.entry(key).or_insert(written);
            };
            let form = match &event {
                Event::Comment(..) => {
                    layout.comments.push(range);
                    continue;
                }
                Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..) => Form::Lines,
                Event::Scalar(..) => Form::Scalar,
                Event::Alias(_) => Form::Alias,
                Event::SequenceStart(style, ..) | Event::MappingStart(style, ..) => {
                    let is_flow = *style == StructureStyle::Flow;
                    open.push((key(span, true), if is_flow { Form::Flow } else { Form::Block }));
                    put(key(span, true), Written { range, form: Form::Block });
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    if let Some((key, form)) = open.pop() {
                        last = if form == Form::Flow { range.end } else { last };
                        if let Some(known) = layout.values.get_mut(&key) {
                            *known = Written { range: known.range.start..last, form };
                        }
                    }
                    continue;
                }
                _ => continue,
            };
            last = last.max(range.end);
            put(key(span, false), Written { range, form });
        }
        layout.comments.sort_by_key(|comment| comment.start);
        layout
    }

    /// The value that is a list or a mapping, or is none, and begins at this place.
    pub(in crate::manifest) fn at(&self, place: &Place, is_collection: bool) -> Option<&Written> {
        let at = |is_collection| self.values.get(&(place.line, place.column, is_collection));
        // An alias of a list stands where no list does.
        at(is_collection).or_else(|| at(false).filter(|written| written.form == Form::Alias))
    }

    /// The comments that begin within these bytes.
    pub(in crate::manifest) fn comments(
        &self,
        range: &Range<usize>,
    ) -> impl Iterator<Item = &Range<usize>> {
        let first = self.comments.partition_point(|comment| comment.start < range.start);
        let end = self.comments.partition_point(|comment| comment.start < range.end);
        self.comments.get(first..end).unwrap_or_default().iter()
    }
}

fn key(span: Span, is_collection: bool) -> (u32, u32, bool) {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    (number(span.start.line().max(1)), number(span.start.col() + 1), is_collection)
}
