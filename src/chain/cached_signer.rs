//! The warm path of `token` where no namespace is named: one file is read, its expiry judged, a URL signed, as in
//! `cached_token`. Whose credentials sign was decided when they were stored; that stands while the variables are the same and
//! the files of profiles are untouched, at which it looks without reading them.

use crate::chain::cached_token;
use crate::disk::cache::{Cache, SignerKey};
use crate::disk::config_fingerprint;
use crate::env_vars;
use crate::host::Host;
use crate::model::aws::credentials::{Freshness, judge};
use crate::model::kube::exec_credential::ExecInfo;
use crate::model::kube::issued_token::Request;
use crate::secret::Secret;

/// What signs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Signer<'a> {
    /// The profile; else the environment's keys, else its profile.
    pub(crate) profile: Option<&'a str>,
    /// A role to assume first.
    pub(crate) role_arn: Option<&'a str>,
    /// What the role's trust policy may ask for.
    pub(crate) external_id: Option<&'a str>,
    /// How the role's session is called.
    pub(crate) session_name: Option<&'a str>,
}

impl<'a> Signer<'a> {
    /// From the words of a command line that follow the cluster, in the order in which our kubeconfig entries have them.
    pub(crate) fn of_words(words: &[&'a str]) -> Option<Self> {
        let mut signer = Signer::default();
        let mut rest = words;
        let places = [
            ("--profile", &mut signer.profile),
            ("--role-arn", &mut signer.role_arn),
            ("--external-id", &mut signer.external_id),
            ("--session-name", &mut signer.session_name),
        ];
        for (flag, place) in places {
            if let [first, value, others @ ..] = rest
                && *first == flag
            {
                *place = Some(*value);
                rest = others;
            }
        }
        let complete = signer.role_arn.is_some() || (signer.external_id.is_none() && signer.session_name.is_none());
        let plain = [signer.profile, signer.role_arn, signer.external_id, signer.session_name]
            .iter()
            .flatten()
            .all(|value| !value.is_empty() && !value.starts_with('-'));
        (rest.is_empty() && complete && plain).then_some(signer)
    }

    /// The name of its files.
    pub(crate) fn key(&self, host: &Host) -> SignerKey {
        SignerKey::new(host, &[self.profile, self.role_arn, self.external_id, self.session_name])
    }
}

/// The answer for client-go, if our cache can give it now.
pub(crate) fn exec_credential(
    host: &Host,
    info: &ExecInfo,
    signer: Signer<'_>,
    (name, region): (&str, &str),
) -> Option<Secret<String>> {
    let (cache, key) = (Cache::new(host), signer.key(host));
    let cached = cache.signer(&key)?;
    if cached.files != config_fingerprint::of_profiles(host) {
        return None;
    }
    if judge(&cached.credentials, host.now()) != Freshness::Fresh || asks_again(host, &cache, &key) {
        return None;
    }
    Some(cached_token::answer(host, info, &cached.credentials, (name, region)))
}

/// Whether client-go asks for a token although it has one: the cluster did not take it.
pub(crate) fn asks_again(host: &Host, cache: &Cache, key: &SignerKey) -> bool {
    let is_client = host.parent_pid != 0 && host.env(env_vars::KUBERNETES_EXEC_INFO).is_some();
    is_client && cache.note_signer_request(key, host.parent_pid, host.now().as_second()) == Request::Repeated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_words_of_our_entries_are_read() {
        let of = |line: &'static str| Signer::of_words(&line.split_whitespace().collect::<Vec<_>>());
        let all = Signer { profile: Some("p"), role_arn: Some("r"), external_id: Some("e"), session_name: Some("s") };
        assert_eq!(of("--profile p --role-arn r --external-id e --session-name s"), Some(all));
        assert_eq!(of(""), Some(Signer::default()));
        assert_eq!(of("--role-arn r"), Some(Signer { role_arn: Some("r"), ..Signer::default() }));
        for other in [
            "--role-arn r --profile p",
            "--profile",
            "--profile --role-arn r",
            "--profile p x",
            "--external-id e",
            "-o json",
            "--profile=p",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
