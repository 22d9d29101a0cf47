//! A word in another's place: a namespace where the name of something in it belongs (`nsaccess pods idp-test`), a kind with a
//! blank instead of a slash (`svc web`), the name of a port without its colon.

use crate::chain::{Chain, access};
use crate::error::{Error, Kind};
use crate::model::kube::workload;
use crate::model::shell::quote;

/// The same error. If one of the words that the verb looked up is in another's place, the command that was probably meant
/// comes first; `otherwise` stands in it for the missing object if there is no other word.
pub(crate) fn word(chain: &Chain<'_>, error: Error, verb: &str, words: &[String], otherwise: &str) -> Error {
    if !matches!(error.kind, Kind::NotFound | Kind::Denied) {
        return error;
    }
    let missing = words.iter().position(|word| error.message.starts_with(&format!("pod {word:?} not found")));
    let meant = namespace(&access::familiar(chain), verb, words, otherwise)
        .or_else(|| missing.and_then(|at| kind(verb, words, at).or_else(|| port(verb, words, at))));
    match meant {
        Some(command) => Error { try_next: [vec![command], error.try_next].concat(), ..error },
        None => error,
    }
}

/// `svc web` is `svc/web`.
fn kind(verb: &str, words: &[String], at: usize) -> Option<String> {
    let (kind, name) = (&words[at], words.get(at + 1)?);
    let parsed = workload::Kind::parse(kind)?;
    if verb == "pods" && parsed != workload::Kind::Pod {
        return None;
    }
    Some(command(verb, &[&words[..at], &[format!("{kind}/{name}")], &words[at + 2..]].concat()))
}

/// `svc/web http` is `svc/web :http`.
fn port(verb: &str, words: &[String], at: usize) -> Option<String> {
    let could_be = at > 0 && verb == "port-forward" && words[at].bytes().all(|byte| byte.is_ascii_alphanumeric());
    could_be.then(|| command(verb, &[&words[..at], &[format!(":{}", words[at])], &words[at + 1..]].concat()))
}

fn command(verb: &str, words: &[String]) -> String {
    let words: Vec<_> = words.iter().map(|word| quote(word)).collect();
    format!("nsaccess {verb} {}", words.join(" "))
}

fn namespace(namespaces: &[String], verb: &str, words: &[String], otherwise: &str) -> Option<String> {
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
            namespace(&["idp-dev".to_owned(), "idp-test".to_owned()], "logs", &words, otherwise)
        };
        assert_eq!(meant("web-0", "POD"), None);
        let comment = "   # idp-test is a namespace";
        assert_eq!(meant("idp-test", "POD"), Some(format!("nsaccess logs POD -n idp-test{comment}")));
        assert_eq!(meant("idp-test", ""), Some(format!("nsaccess logs -n idp-test{comment}")));
        assert_eq!(meant("idp-test web-.*", "POD"), Some(format!("nsaccess logs 'web-.*' -n idp-test{comment}")));
    }

    #[test]
    fn a_kind_gets_its_slash_and_a_port_its_colon() {
        let words = |line: &str| -> Vec<String> { line.split(' ').map(str::to_owned).collect() };
        let of = |line: &str| kind("logs", &words(line), 0);
        assert_eq!(of("deployment web -f").as_deref(), Some("nsaccess logs deployment/web -f"));
        assert_eq!(kind("pods", &words("deploy web"), 0), None);
        assert_eq!(of("pod"), None);
        assert_eq!(of("web api"), None);
        let of = |line: &str| port("port-forward", &words(line), 1);
        assert_eq!(of("svc/web http").as_deref(), Some("nsaccess port-forward svc/web :http"));
        assert_eq!(of("web-0 web-1"), None);
    }
}
