//! A person is asked once where to sign in, and each answer is checked before the next question.

use crate::chain::{Chain, Presence};
use crate::error::{Error, Result};
use crate::model::aws::{regions, start_url};
use crate::model::settings::{UntrustedProject, check_region, check_start_url};

/// The start URL and the region of the portal, one of which may be configured. `namespace`: the one that is meant, if one is.
///
/// # Errors
/// When no person can be asked, or a project that is not trusted names the portal.
pub(super) fn ask(chain: &Chain<'_>, namespace: Option<&str>) -> Result<(String, String)> {
    let untrusted_project = chain.settings.untrusted_project.as_ref();
    if let Some(project) = untrusted_project.filter(|project| project.names_portal()) {
        return Err(untrusted(project));
    }
    let configured = chain.settings.start_url.as_ref().map(|start_url| start_url.value.clone());
    if chain.presence != Presence::Person {
        return Err(not_configured(namespace, configured.as_deref()));
    }
    chain.ui.status(
        "First sign-in on this machine. The start URL is the address of your AWS access portal, the page where you choose an account. Your platform team knows it and its region.",
    );
    let start_url = match configured {
        Some(start_url) => start_url,
        None => until_valid(chain, "Start URL (https://….awsapps.com/start):", read_start_url)?,
    };
    let configured = chain.settings.sso_region.as_ref().map(|region| region.value.clone());
    let in_url = || start_url::region(&start_url).map(str::to_owned).filter(|region| check_region(region).is_ok());
    let region = match configured.or_else(in_url) {
        Some(region) => region,
        None => until_valid(chain, "Region of IAM Identity Center (like eu-west-1):", read_region)?,
    };
    Ok((start_url, region))
}

/// Asks again, with the reason, until the answer is valid.
fn until_valid(chain: &Chain<'_>, question: &str, read: fn(&str) -> Result<String, String>) -> Result<String> {
    loop {
        let typed = chain.prompts.ask(question)?;
        match read(&typed) {
            Ok(value) => return Ok(value),
            Err(why) => chain.ui.warning(&format!("{:?} {why}", typed.trim())),
        }
    }
}

fn read_start_url(typed: &str) -> Result<String, String> {
    let whole = start_url::completed(typed);
    check_start_url(&whole).map(|()| whole)
}

/// A region that is not known may be a new one, unless it is nearly a known one.
fn read_region(typed: &str) -> Result<String, String> {
    let region = typed.trim().to_lowercase();
    check_region(&region)?;
    match regions::meant(&region) {
        Some(meant) if !regions::is_known(&region) => Err(format!("is not a known region; did you mean {meant}?")),
        _ => Ok(region),
    }
}

/// Nothing says where to sign in.
pub(super) fn not_configured(namespace: Option<&str>, start_url: Option<&str>) -> Error {
    let missing = match start_url {
        Some(start_url) => format!("no region configured for {start_url}"),
        None => "no start URL configured".to_owned(),
    };
    Error::usage(missing)
        .because("no flag, environment variable, settings file or [sso-session] in ~/.aws/config sets it")
        .try_next(format!(
            "nsaccess login {} --start-url {} --sso-region REGION",
            namespace.unwrap_or("NAMESPACE"),
            start_url.unwrap_or("https://YOURS.awsapps.com/start")
        ))
}

fn untrusted(project: &UntrustedProject) -> Error {
    Error::usage(format!("{} sets where to sign in and is not trusted", project.path.display()))
        .because(format!(
            "a repository could send you to someone else's sign-in page; this one sets {}",
            project.summary()
        ))
        .try_next(project.trust_command())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_region_is_a_known_one_or_could_be_a_new_one() {
        assert_eq!(read_region(" EU-west-1 "), Ok("eu-west-1".to_owned()));
        assert_eq!(read_region("antarctica-north-1").ok(), None, "no region looks like this");
        assert_eq!(read_region("aq-penguin-1"), Ok("aq-penguin-1".to_owned()));
        assert_eq!(read_region("eu-wset-1").err().as_deref(), Some("is not a known region; did you mean eu-west-1?"));
        assert_eq!(read_region("foo").err().as_deref(), Some("is not an AWS region such as eu-west-1"));
    }
}
