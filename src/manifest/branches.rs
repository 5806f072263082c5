//! A value that may be one of several things and is none: which one was meant, and what is wrong.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

use super::complaints::{not_one_of, wrong_type};
use super::validate::{Explainer, expected_types};
use super::words::{choice, either, type_name};
use crate::model::{Finding, Node};

type Branch = Vec<ValidationError<'static>>;

/// Adds the findings of a value that fits none of the branches.
///
/// Where one branch has the value's shape, its own errors are told. Where several do and a key
/// tells them apart (`type: http`), that key's choices are told. Else the shapes are listed.
pub(super) fn explain(
    explainer: Explainer<'_>,
    error: &ValidationError<'_>,
    node: &Node,
    context: &[Branch],
    findings: &mut Vec<Finding>,
) {
    let here = error.instance_path().as_str();
    let shaped: Vec<&Branch> = context
        .iter()
        .filter(|branch| !branch.iter().any(|e| is_shape(e) && at(e) == here))
        .collect();
    if shaped.is_empty() {
        findings.push(shapes(node, context));
        return;
    }
    let tags: Vec<_> = shaped.iter().filter_map(|branch| branch.iter().find(is_choice)).collect();
    if let [first, rest @ ..] = &tags[..]
        && tags.len() == shaped.len()
        && rest.iter().all(|tag| at(tag) == at(first))
    {
        let options: Vec<&Value> = tags.iter().flat_map(|tag| options(tag)).collect();
        findings.push(not_one_of(explainer.node(first), options));
        return;
    }
    let cost = |branch: &&Branch| (branch.iter().filter(is_choice).count(), branch.len());
    for error in shaped.into_iter().min_by_key(cost).into_iter().flatten() {
        explainer.explain(error, findings);
    }
}

fn at<'e>(error: &'e ValidationError<'_>) -> &'e str {
    error.instance_path().as_str()
}

fn is_choice(error: &&ValidationError<'_>) -> bool {
    matches!(error.kind(), Kind::Constant { .. } | Kind::Enum { .. })
}

fn is_shape(error: &ValidationError<'_>) -> bool {
    is_choice(&error) || matches!(error.kind(), Kind::Type { .. })
}

/// The values that an error of a choice would have taken.
pub(super) fn options<'e>(error: &'e ValidationError<'_>) -> Vec<&'e Value> {
    match error.kind() {
        Kind::Constant { expected_value } => vec![&**expected_value],
        Kind::Enum { options } => options.as_array().into_iter().flatten().collect(),
        _ => Vec::new(),
    }
}

/// The value has the shape of no branch: all shapes, in one sentence.
fn shapes(node: &Node, context: &[Branch]) -> Finding {
    // A branch of choices says their type too, which tells nothing more.
    let choices: Vec<&Value> = context.iter().flatten().flat_map(options).collect();
    let typed = context.iter().filter(|branch| !branch.iter().any(|error| is_choice(&error)));
    let types = typed.flatten().flat_map(|error| match error.kind() {
        Kind::Type { kind } => expected_types(kind),
        _ => Vec::new(),
    });
    let names: Vec<String> = types.map(|name| type_name(name).to_owned()).collect();
    if names.is_empty() && !choices.is_empty() {
        return not_one_of(node, choices);
    }
    wrong_type(node, &either(names.into_iter().chain(choices.into_iter().map(choice))))
}
