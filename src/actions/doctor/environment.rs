//! Variables that change whom kubectl and the AWS CLI act as.

use std::path::Path;

use aws_config_edit::{SsoProfile, SsoSession};

use crate::actions::doctor::Scene;
use crate::actions::doctor::board::Board;
use crate::actions::doctor::machine;
use crate::chain::target::portal;
use crate::disk::aws_credentials::{self, Examined};
use crate::disk::kubeconfig::Kubeconfigs;
use crate::disk::{aws_config, inspect};
use crate::env_vars::{
    AWS_ACCESS_KEY_ID, AWS_CONFIG_FILE, AWS_DEFAULT_PROFILE, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL, AWS_PROFILE,
    AWS_REGION, AWS_SHARED_CREDENTIALS_FILE, KUBECONFIG, NSACCESS_INSIDE,
};
use crate::host::Host;
use crate::model::doctor::environment as checks;
use crate::model::doctor::environment::aws_files::{Named, judge_aws_files};
use crate::model::doctor::environment::endpoints::judge_endpoints;
use crate::model::doctor::environment::identity::{Variables, judge_identity};
use crate::model::doctor::environment::kubeconfig::{Listed, State, judge_kubeconfig};
use crate::model::doctor::environment::region::judge_region;
use crate::model::doctor::environment::static_keys::{Credentials, judge_static_keys};
use crate::model::doctor::judgement::Judgement;

/// What can be seen without a chain.
pub(super) fn of_files(board: &Board, host: &Host, kubeconfig: Option<&Path>) {
    board.judge_now(&checks::AWS_FILES, || {
        let named = |variable, path: &Path| {
            let exists = inspect::exists(path);
            host.env(variable).map(|_| Named { shown: host.shorten_home(path), exists })
        };
        let config = named(AWS_CONFIG_FILE, &aws_config::path(host));
        let credentials = named(AWS_SHARED_CREDENTIALS_FILE, &aws_credentials::path(host));
        judge_aws_files(config.as_ref(), credentials.as_ref())
    });
    board.judge_now(&checks::ENDPOINTS, || {
        let set =
            host.environment().iter().filter(|(name, value)| name.starts_with(AWS_ENDPOINT_URL) && !value.is_empty());
        let set: Vec<(&str, &str)> = set.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        judge_endpoints(&set)
    });
    board.judge_now(&checks::KUBECONFIG, || {
        let paths = Kubeconfigs::new(host, kubeconfig).paths().to_vec();
        machine::skipped_for_fault(board, &inspect::places(host, &paths), &paths)
            .unwrap_or_else(|| kubeconfigs(host, kubeconfig))
    });
}

fn kubeconfigs(host: &Host, explicit: Option<&Path>) -> Judgement {
    let kubeconfigs = Kubeconfigs::new(host, explicit);
    let listed = host.env(KUBECONFIG).filter(|_| explicit.is_none());
    let spelled = |path: &Path| {
        let separator = if cfg!(windows) { ';' } else { ':' };
        let mut names = listed.unwrap_or_default().split(separator);
        names.find(|name| host.current_dir.join(name) == path).map_or_else(|| host.shorten_home(path), str::to_owned)
    };
    let state = |path: &Path| match kubeconfigs.read(path) {
        Ok(None) => State::Missing,
        Ok(Some(_)) => State::Good,
        Err(error) => State::Broken(error),
    };
    let files = kubeconfigs.paths().iter().map(|path| Listed { spelled: spelled(path), state: state(path) });
    judge_kubeconfig(&files.collect::<Vec<_>>(), listed.is_some())
}

/// What must be compared with the namespace's profile.
pub(super) fn of_profile(scene: &Scene<'_>) {
    let (host, config) = (scene.chain.host, &scene.chain.aws_config);
    // The namespace, or NAMESPACE:ROLE.
    let inside = host.env(NSACCESS_INSIDE).and_then(|label| label.split(':').next());
    let is_inside = inside == Some(scene.access.name.as_str());
    scene.board.judge_now(&checks::IDENTITY, || {
        let variables = Variables {
            is_inside,
            has_keys: host.env(AWS_ACCESS_KEY_ID).is_some(),
            profile: host.env(AWS_PROFILE),
            default_profile: host.env(AWS_DEFAULT_PROFILE),
        };
        let in_credentials = aws_credentials::profile_names(host);
        let exists =
            |wanted: &str| config.profile(wanted).is_some() || in_credentials.iter().any(|name| name == wanted);
        judge_identity(variables, scene.profile(), exists)
    });
    scene.board.judge_now(&checks::REGION, || {
        let set = [AWS_REGION, AWS_DEFAULT_REGION].map(|variable| Some((variable, host.env(variable)?)));
        let own = config.profile(scene.profile()).and_then(|profile| profile.get("region"));
        judge_region(&set.into_iter().flatten().collect::<Vec<_>>(), own, is_inside)
    });
    scene.board.judge_now(&checks::STATIC_KEYS, || judge_static_keys(&credentials(scene)));
}

fn credentials(scene: &Scene<'_>) -> Credentials {
    let (chain, name) = (scene.chain, &scene.entry);
    let profile = chain.aws_config.profile(name);
    let value = |key: &str| profile.and_then(|profile| profile.get(key)).map(str::to_owned);
    let whole = portal::own(chain, name).and_then(|portal| {
        let session =
            SsoSession { name: portal.session_name.clone(), start_url: portal.start_url, region: portal.region };
        let profile = SsoProfile {
            name: name.clone(),
            sso_session: portal.session_name,
            account: value("sso_account_id")?,
            role: value("sso_role_name")?,
            region: value("region"),
        };
        Some((session, profile))
    });
    match aws_credentials::examine(chain.host, name, whole.as_ref().map(|(session, profile)| (session, profile))) {
        Examined::Nothing => Credentials::Nothing,
        Examined::OtherRegion { words, open } => Credentials::OtherRegion(words, open),
        Examined::OtherIdentity(error) => Credentials::OtherIdentity(error),
        Examined::Unreadable(error) => Credentials::Unreadable(error),
    }
}
