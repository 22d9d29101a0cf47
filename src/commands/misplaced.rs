//! A namespace where the name of something in it belongs: `nsaccess pods idp-test`.

use crate::chain::{Chain, access};
use crate::error::{Error, Kind};
use crate::model::shell::quote;

/// The same error. If one of the words that the verb looked up is a namespace that is known here, the command that was
/// probably meant comes first; `otherwise` stands in it for the missing object if there is no other word.
pub(crate) fn namespace(chain: &Chain<'_>, error: Error, verb: &str, words: &[String], otherwise: &str) -> Error {
    if !matches!(error.kind, Kind::NotFound | Kind::Denied) {
        return error;
    }
    match meant(&access::familiar(chain), verb, words, otherwise) {
        Some(command) => Error { try_next: [vec![command], error.try_next].concat(), ..error },
        None => error,
    }
}

fn meant(namespaces: &[String], verb: &str, words: &[String], otherwise: &str) -> Option<String> {
    let namespace = words.iter().find(|word| namespaces.contains(word))?;
    let mut command = vec![format!("nsaccess {verb}")];
    command.extend(words.iter().filter(|word| *word != namespace).map(|word| quote(word).into_owned()));
    if command.len() == 1 && !otherwise.is_empty() {
        command.push(otherwise.to_owned());
    }
    Some(format!("{} -n {namespace}   # {namespace} is a namespace", command.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_among_the_words_is_moved_behind_its_flag() {
        let meant = |words: &str, otherwise: &str| {
            let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
            meant(&["idp-dev".to_owned(), "idp-test".to_owned()], "logs", &words, otherwise)
        };
        assert_eq!(meant("web-0", "POD"), None);
        let comment = "   # idp-test is a namespace";
        assert_eq!(meant("idp-test", "POD"), Some(format!("nsaccess logs POD -n idp-test{comment}")));
        assert_eq!(meant("idp-test", ""), Some(format!("nsaccess logs -n idp-test{comment}")));
        assert_eq!(meant("idp-test web-.*", "POD"), Some(format!("nsaccess logs 'web-.*' -n idp-test{comment}")));
    }
}
