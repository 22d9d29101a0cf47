//! `ListSecrets`, and the filters that it shares with `BatchGetSecretValue`.

use serde_json::{Map, Value, json};

use super::model::Secret;
use super::{Question, Refused, invalid, pages};
use crate::state::State;

const KEYS: [&str; 7] = ["description", "name", "tag-key", "tag-value", "primary-region", "owning-service", "all"];

/// All secrets of the caller's account and region, readable or not.
pub(super) fn list(state: &State, question: &Question) -> Result<Value, Refused> {
    question.may(state, "secretsmanager:ListSecrets")?;
    let planned = question.input["IncludePlannedDeletion"].as_bool().unwrap_or(false);
    let mut all = filtered(state, question, planned)?;
    sort(&mut all, question)?;
    let page = pages::page(question, 100, all.len())?;
    let mut answer = Map::new();
    let entries: Vec<Value> = all[page.start..page.end].iter().map(|secret| secret.entry()).collect();
    answer.insert("SecretList".to_owned(), json!(entries));
    answer.extend(page.next.map(|next| ("NextToken".to_owned(), json!(next))));
    Ok(answer.into())
}

/// The secrets that pass the filters of a request.
pub(super) fn filtered<'state>(
    state: &'state State,
    question: &Question,
    planned: bool,
) -> Result<Vec<&'state Secret>, Refused> {
    let filters = Filter::read(&question.input["Filters"])?;
    let (account, region) = (&question.caller.credentials.account, &question.caller.region);
    let here = |secret: &&Secret| {
        secret.account == *account && secret.region == *region && (planned || secret.deleted.is_none())
    };
    let all = state.world.secrets.iter().filter(here);
    Ok(all.filter(|secret| filters.iter().all(|filter| filter.lets(secret))).collect())
}

fn sort(all: &mut [&Secret], question: &Question) -> Result<(), Refused> {
    match question.text("SortBy").unwrap_or("created-date") {
        "created-date" => all.sort_by_key(|secret| (secret.created, &secret.name)),
        "last-changed-date" => all.sort_by_key(|secret| (secret.last_changed, &secret.name)),
        "last-accessed-date" => all.sort_by_key(|secret| (secret.last_accessed, &secret.name)),
        "name" => all.sort_by_key(|secret| &secret.name),
        other => {
            let set = "Member must satisfy enum value set: [created-date, last-accessed-date, last-changed-date, name]";
            return Err(invalid("sortBy", other, set));
        }
    }
    match question.text("SortOrder").unwrap_or("asc") {
        "asc" => Ok(()),
        "desc" => {
            all.reverse();
            Ok(())
        }
        other => Err(invalid("sortOrder", other, "Member must satisfy enum value set: [asc, desc]")),
    }
}

/// One filter: any of its values must match.
struct Filter {
    key: String,
    values: Vec<String>,
}

impl Filter {
    fn read(input: &Value) -> Result<Vec<Filter>, Refused> {
        let list = input.as_array().map(Vec::as_slice).unwrap_or_default();
        if list.len() > 10 {
            let constraint = "Member must have length less than or equal to 10";
            return Err(invalid("filters", &input.to_string(), constraint));
        }
        list.iter().zip(1..).map(|(filter, number)| Filter::read_one(filter, number)).collect()
    }

    fn read_one(filter: &Value, number: usize) -> Result<Filter, Refused> {
        let wrong = |message: String| ("InvalidParameterException", message);
        let key = filter["Key"].as_str().ok_or_else(|| wrong("Invalid filter key".to_owned()))?;
        if !KEYS.contains(&key) {
            let set = format!("Member must satisfy enum value set: [{}]", KEYS.join(", "));
            return Err(invalid(&format!("filters.{number}.member.key"), key, &set));
        }
        let values: Vec<String> =
            filter["Values"].as_array().into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)).collect();
        if values.is_empty() || values.len() > 10 {
            return Err(wrong(format!("Invalid filter values for key: {key}")));
        }
        // The pattern of the API's model.
        let usual = |character: char| character.is_ascii_alphanumeric() || " :_@/+=.-!".contains(character);
        if let Some(value) = values.iter().find(|value| value.len() > 512 || !value.chars().all(usual)) {
            let pattern = r"Member must satisfy regular expression pattern: ^\!?[a-zA-Z0-9 :_@\/\+\=\.\-\!]*$";
            return Err(invalid(&format!("filters.{number}.member.values.1.member"), value, pattern));
        }
        Ok(Filter { key: key.to_owned(), values })
    }

    fn lets(&self, secret: &Secret) -> bool {
        let keys = || secret.tags.iter().map(|(key, _)| key.as_str());
        let values = || secret.tags.iter().map(|(_, value)| value.as_str());
        let description = secret.description.as_deref();
        match self.key.as_str() {
            "name" => self.any(&[&secret.name], starts_with),
            "tag-key" => self.any(&keys().collect::<Vec<_>>(), starts_with),
            "tag-value" => self.any(&values().collect::<Vec<_>>(), starts_with),
            "primary-region" => self.any(&[&secret.region], starts_with),
            "owning-service" => self.any(&[], starts_with),
            "description" => self.any(&description.into_iter().collect::<Vec<_>>(), has_words),
            _ => {
                let all = [secret.name.as_str()].into_iter().chain(description).chain(keys()).chain(values());
                self.any(&all.collect::<Vec<_>>(), has_words)
            }
        }
    }

    /// Whether a value matches one of the texts. A value that begins with `!` matches if the rest of it does not.
    fn any(&self, texts: &[&str], fits: fn(&str, &str) -> bool) -> bool {
        self.values.iter().any(|value| match value.strip_prefix('!') {
            Some(unwanted) => !texts.iter().any(|text| fits(text, unwanted)),
            None => texts.iter().any(|text| fits(text, value)),
        })
    }
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.starts_with(prefix)
}

/// Whether each wanted word is a prefix of a word in the text, ignoring case.
fn has_words(text: &str, wanted: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let parts = text.split(|character: char| !character.is_ascii_alphanumeric());
        parts.filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect()
    };
    let (have, wanted) = (words(text), words(wanted));
    !wanted.is_empty() && wanted.iter().all(|word| have.iter().any(|own| own.starts_with(word.as_str())))
}
