//! A document against its schema: every error in words, at the place of the value it is about.

use std::collections::BTreeSet;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{ValidationError, Validator};
use serde_json::{Value, json};

use super::branches;
use super::complaints::{not_one_of, repeated, too_long, too_short, wrong_type};
use super::read::api_version;
use super::sure::Sure;
use super::words::{choice, either, like, quoted, shown, type_name};
use crate::model::{Finding, LITERAL_SECRET, Node, Tree};

/// So many errors of one document are told.
const MOST: usize = 1000;
/// So many known keys are listed where none is like the unknown one.
const MOST_KEYS: usize = 12;
/// The rule of a key that only another form of the mapping has.
const MISPLACED: &str = "misplaced-key";

/// A compiled schema.
pub(super) struct Checker {
    schema: Value,
    sure: Sure,
    validator: Result<Validator, String>,
}

impl Checker {
    /// Compiles a schema; one that is none is told when a document is checked.
    pub(super) fn new(schema: Value) -> Self {
        let validator = jsonschema::validator_for(&schema).map_err(|error| error.to_string());
        Self { sure: Sure::of(&schema), schema, validator }
    }

    /// Whether a value is as the schema says.
    pub(super) fn is_valid(&self, value: &Value) -> bool {
        self.validator.as_ref().is_ok_and(|validator| validator.is_valid(value))
    }

    /// Adds what is wrong with a document. What stands where there is a finding already is not
    /// told again.
    pub(super) fn check(&self, root: &Node, findings: &mut Vec<Finding>) {
        let validator = match &self.validator {
            Ok(validator) => validator,
            Err(error) => {
                let message = format!("the schema of this document is broken: {error}");
                findings.push(Finding::error("schema", &root.place, message));
                return;
            }
        };
        if self.sure.holds(root) {
            return;
        }
        let value = root.to_json();
        let mut own = Vec::new();
        for error in validator.iter_errors(&value) {
            Explainer { root, schema: &self.schema }.explain(&error, &mut own);
            if own.len() >= MOST {
                let message = "this document has more errors than are told";
                own.push(Finding::error("too-many", &root.place, message));
                break;
            }
        }
        // While a branch fails, none of its keys counts as known.
        if own.iter().any(|finding| finding.rule != MISPLACED) {
            own.retain(|finding| finding.rule != MISPLACED);
        }
        let told: BTreeSet<_> = findings.iter().map(|finding| finding.place.clone()).collect();
        own.retain(|finding| !told.contains(&finding.place));
        own.sort();
        own.dedup();
        findings.extend(own);
    }
}

/// Puts one document's errors into words.
#[derive(Clone, Copy)]
pub(super) struct Explainer<'a> {
    root: &'a Node,
    schema: &'a Value,
}

impl<'a> Explainer<'a> {
    /// Adds the findings of one error.
    pub(super) fn explain(self, error: &ValidationError<'_>, findings: &mut Vec<Finding>) {
        let node = self.node(error);
        let at = |rule, message: String| Finding::error(rule, &node.place, message);
        if node.tree == Tree::Null && is_about_value(error.kind()) {
            let hint = match wants_none(error) {
                true => "write `none`, or leave the key out (not managed)",
                false => "leave the key out (not managed) or write an empty value",
            };
            findings.push(at("null", "null is not a value".to_owned()).hint(hint));
            return;
        }
        if let Some(finding) = self.literal_secret(error, node) {
            findings.push(finding);
            return;
        }
        let finding = match error.kind() {
            Kind::AdditionalProperties { unexpected }
            | Kind::UnevaluatedProperties { unexpected } => {
                findings.extend(self.unknown_keys(error, node, unexpected));
                return;
            }
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
                branches::explain(self, error, node, context, findings);
                return;
            }
            Kind::Required { property } => {
                at("missing-key", format!("missing key {}", choice(property)))
            }
            Kind::Type { kind } => {
                let names = expected_types(kind);
                wrong_type(node, &either(names.iter().map(|name| type_name(name).to_owned())))
            }
            Kind::Constant { .. } if error.instance_path().as_str() == "/apiVersion" => {
                api_version(node)
            }
            Kind::Constant { expected_value } => not_one_of(node, [&**expected_value]),
            Kind::Enum { options } => not_one_of(node, options.as_array().into_iter().flatten()),
            Kind::Minimum { .. }
            | Kind::Maximum { .. }
            | Kind::ExclusiveMinimum { .. }
            | Kind::ExclusiveMaximum { .. } => {
                let message = format!("{} is out of range", shown(node));
                at("out-of-range", message).hint(self.range(error))
            }
            Kind::MultipleOf { multiple_of } => {
                at("out-of-range", format!("{} is not a multiple of {multiple_of}", shown(node)))
            }
            Kind::MinLength { limit: 1 } => {
                at("length", "an empty text is not allowed here".to_owned())
            }
            Kind::MinItems { limit: 1 } | Kind::MinProperties { limit: 1 } => {
                at("length", format!("{} may not be empty here", shown(node)))
            }
            Kind::MinLength { limit } => too_short(node, *limit, "characters"),
            Kind::MaxLength { limit } => too_long(node, *limit, "characters"),
            Kind::MinItems { limit } => too_short(node, *limit, "items"),
            Kind::MaxItems { limit } => too_long(node, *limit, "items"),
            Kind::MinProperties { limit } => too_short(node, *limit, "keys"),
            Kind::MaxProperties { limit } => too_long(node, *limit, "keys"),
            Kind::Pattern { pattern } => {
                at("pattern", format!("{} is not of the form that is wanted here", shown(node)))
                    .hint(self.form(error, pattern))
            }
            Kind::UniqueItems => repeated(node),
            Kind::PropertyNames { error } => self.wrong_key(node, error),
            Kind::OneOfMultipleValid { .. } => {
                at("ambiguous", format!("{} can be read in more than one way", shown(node)))
            }
            _ => at("not-allowed", format!("{} is not allowed here", shown(node))),
        };
        findings.push(finding);
    }

    /// The value that an error is about.
    pub(super) fn node(self, error: &ValidationError<'_>) -> &'a Node {
        self.root.nearest(error.instance_path().as_str())
    }

    /// The schema around the keyword that failed.
    fn around(self, error: &ValidationError<'_>) -> Option<&'a Value> {
        let path = error.schema_path().as_str();
        self.schema.pointer(&path[..path.rfind('/')?])
    }

    /// A value where the schema wants a reference to a secret, which it says by `writeOnly`; the
    /// value is in no message.
    fn literal_secret(self, error: &ValidationError<'_>, node: &Node) -> Option<Finding> {
        let is_scalar = !matches!(node.tree, Tree::Array(_) | Tree::Object(_));
        let schema = self.around(error).filter(|_| is_scalar && is_about_value(error.kind()))?;
        (schema.get("writeOnly") == Some(&Value::Bool(true))).then(|| {
            let message = "a secret may not be written into a file";
            let finding = Finding::error(LITERAL_SECRET, &node.place, message);
            match description(schema) {
                Some(text) => finding.hint(text),
                None => finding,
            }
        })
    }

    fn unknown_keys(
        self,
        error: &ValidationError<'_>,
        node: &Node,
        unexpected: &[String],
    ) -> Vec<Finding> {
        let mut known = Vec::new();
        if let Some(schema) = self.around(error) {
            self.known_keys(schema, 0, &mut known);
        }
        let of_a_branch: BTreeSet<&str> = known.iter().copied().collect();
        known.retain(|name| node.get(name).is_none());
        let finding = |name: &String| {
            let place = node.key_place(name).unwrap_or(&node.place);
            if of_a_branch.contains(name.as_str()) {
                let message = format!("the key {} does not go with the others", quoted(name));
                return Finding::error(MISPLACED, place, message);
            }
            let finding =
                Finding::error("unknown-key", place, format!("unknown key {}", quoted(name)));
            match like(name, known.iter().copied()) {
                Some(like) => finding.hint(like),
                None if known.is_empty() || known.len() > MOST_KEYS => finding,
                None => {
                    let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
                    finding.hint(format!("keys that may stand here: {}", names.join(", ")))
                }
            }
        };
        unexpected.iter().take(MOST).map(finding).collect()
    }

    /// The keys that a schema names, those of its branches and references included.
    fn known_keys(self, schema: &'a Value, depth: usize, known: &mut Vec<&'a str>) {
        const DEEPEST: usize = 8;
        if depth > DEEPEST {
            return;
        }
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for name in properties.keys() {
                if !known.contains(&name.as_str()) {
                    known.push(name);
                }
            }
        }
        for key in ["allOf", "anyOf", "oneOf"] {
            for branch in schema.get(key).and_then(Value::as_array).into_iter().flatten() {
                self.known_keys(branch, depth + 1, known);
            }
        }
        let reference = schema.get("$ref").and_then(Value::as_str);
        if let Some(target) = reference
            .and_then(|reference| reference.strip_prefix('#'))
            .and_then(|pointer| self.schema.pointer(pointer))
        {
            self.known_keys(target, depth + 1, known);
        }
    }

    fn range(self, error: &ValidationError<'_>) -> String {
        let bound = |key: &str| self.around(error)?.get(key).map(ToString::to_string);
        match (bound("minimum"), bound("maximum")) {
            (Some(low), Some(high)) => format!("it goes from {low} to {high}"),
            (Some(low), None) => format!("the least is {low}"),
            (None, Some(high)) => format!("the most is {high}"),
            (None, None) => match (bound("exclusiveMinimum"), bound("exclusiveMaximum")) {
                (Some(low), Some(high)) => format!("it lies between {low} and {high}"),
                (Some(low), None) => format!("it is more than {low}"),
                (None, Some(high)) => format!("it is less than {high}"),
                (None, None) => "another number is wanted".to_owned(),
            },
        }
    }

    fn form(self, error: &ValidationError<'_>, pattern: &str) -> String {
        let description = self.around(error).and_then(description);
        description.unwrap_or_else(|| format!("it has to match `{pattern}`"))
    }

    fn wrong_key(self, node: &Node, error: &ValidationError<'_>) -> Finding {
        let name = error.instance().as_str().unwrap_or_default();
        let place = node.key_place(name).unwrap_or(&node.place);
        let finding =
            Finding::error("pattern", place, format!("{} cannot be a key here", quoted(name)));
        match error.kind() {
            Kind::Pattern { pattern } => finding.hint(self.form(error, pattern)),
            Kind::Enum { options } => {
                let choices = options.as_array().into_iter().flatten().map(choice);
                finding.hint(format!("it has to be {}", either(choices)))
            }
            _ => finding,
        }
    }
}

/// Whether an error complains about the value itself rather than about what is in it.
fn is_about_value(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Type { .. }
            | Kind::AnyOf { .. }
            | Kind::OneOfNotValid { .. }
            | Kind::Enum { .. }
            | Kind::Constant { .. }
    )
}

/// Whether there is a word for nothing.
fn wants_none(error: &ValidationError<'_>) -> bool {
    let is_none = |error: &ValidationError<'_>| branches::options(error).contains(&&json!("none"));
    match error.kind() {
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            context.iter().flatten().any(is_none)
        }
        _ => is_none(error),
    }
}

/// The first paragraph of a schema's description, on one line.
fn description(schema: &Value) -> Option<String> {
    let text = schema.get("description")?.as_str()?;
    Some(text.split("\n\n").next().unwrap_or(text).replace('\n', " "))
}

/// The names of the types that are wanted.
pub(super) fn expected_types(kind: &TypeKind) -> Vec<&'static str> {
    match kind {
        TypeKind::Single(one) => vec![one.as_str()],
        TypeKind::Multiple(set) => set.iter().map(|one| one.as_str()).collect(),
    }
}
