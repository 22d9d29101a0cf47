//! `BatchGetSecretValue`: it needs its own right, on `*`, and the right to read each secret; with filters also the
//! right to list. Secrets that cannot be read are listed as errors beside the others.

use serde_json::{Map, Value, json};

use super::{Question, Refused, invalid, list, pages, value};
use crate::state::State;

/// Up to 20 values.
pub(super) fn get(state: &mut State, question: &Question) -> Result<Value, Refused> {
    question.may(state, "secretsmanager:BatchGetSecretValue")?;
    let wrong = |message: &str| Err(("InvalidParameterException", message.to_owned()));
    let (ids, next) = match (&question.input["SecretIdList"], &question.input["Filters"]) {
        (Value::Array(_), Value::Array(_)) | (Value::Null, Value::Null) => {
            return wrong("Either 'SecretIdList' or 'Filters' must be provided, but not both.");
        }
        (Value::Array(_), _) if !question.input["MaxResults"].is_null() => {
            return wrong("'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.");
        }
        (Value::Array(ids), _) => (named(ids)?, None),
        _ => selected(state, question)?,
    };
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for id in ids {
        match value::read(state, question, &id, (None, None)) {
            Ok(found) => values.push(found),
            Err((code, message)) => errors.push(json!({"SecretId": id, "ErrorCode": code, "Message": message})),
        }
    }
    let mut answer = Map::new();
    answer.insert("SecretValues".to_owned(), json!(values));
    answer.insert("Errors".to_owned(), json!(errors));
    answer.extend(next.map(|next| ("NextToken".to_owned(), json!(next))));
    Ok(answer.into())
}

fn named(ids: &[Value]) -> Result<Vec<String>, Refused> {
    let shown = || {
        let names: Vec<&str> = ids.iter().filter_map(Value::as_str).collect();
        format!("[{}]", names.join(", "))
    };
    match ids.len() {
        0 => Err(invalid("secretIdList", "[]", "Member must have length greater than or equal to 1")),
        1..=20 => Ok(ids.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect()),
        _ => Err(invalid("secretIdList", &shown(), "Member must have length less than or equal to 20")),
    }
}

fn selected(state: &State, question: &Question) -> Result<(Vec<String>, Option<String>), Refused> {
    question.may(state, "secretsmanager:ListSecrets")?;
    let all = list::filtered(state, question, false)?;
    let page = pages::page(question, 20, all.len())?;
    Ok((all[page.start..page.end].iter().map(|secret| secret.arn()).collect(), page.next))
}
