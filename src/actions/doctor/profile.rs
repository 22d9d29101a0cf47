//! Settings and profile.

use crate::actions::doctor::Scene;
use crate::actions::doctor::board::Board;
use crate::actions::doctor::{kubectl, machine};
use crate::chain::Chain;
use crate::chain::target::portal;
use crate::disk::{aws_config, inspect, settings};
use crate::error::Result;
use crate::host::Host;
use crate::model::doctor::judgement::Judgement;
use crate::model::doctor::kubectl::context::resolved;
use crate::model::doctor::profile as checks;
use crate::model::doctor::profile::config_file::ConfigFile;
use crate::model::doctor::profile::same_place::{TokenArguments, Wanted, judge_same_place};
use crate::model::doctor::profile::settings::{judge_config, judge_settings, judge_unusable};
use crate::model::doctor::profile::sso_session::judge_sso_session;
use crate::model::doctor::profile::style::{judge_duplicates, judge_style};
use crate::model::doctor::profile::values::{judge_exists, judge_values};
use crate::model::settings::Flags;

/// Whether `~/.aws/config` can be read.
pub(super) fn config(board: &Board, host: &Host) {
    board.judge_now(&checks::CONFIG, || {
        machine::skipped_for_fault(board, &inspect::places(host, &[]), &[aws_config::path(host)]).unwrap_or_else(|| {
            match aws_config::read(host) {
                Ok(config) => judge_config(Ok(config.profile_names().count())),
                Err(error) => judge_config(Err(&error)),
            }
        })
    });
}

/// The chain, whose opening reads all settings.
pub(super) fn opened<'a>(open: impl FnOnce() -> Result<Chain<'a>>) -> (Judgement, Option<Chain<'a>>) {
    match open() {
        Ok(chain) => (warned(&chain), Some(chain)),
        Err(error) => (judge_unusable(&error), None),
    }
}

fn warned(chain: &Chain<'_>) -> Judgement {
    let host = chain.host;
    // Read once more: the chain has shown the warnings, where nobody sees them.
    let warnings = settings::load(host, &Flags::default(), &chain.aws_config).map(|(_, warnings)| warnings);
    let untrusted = chain.settings.untrusted_project.as_ref();
    let untrusted = untrusted.map(|project| (project.summary(), project.trust_command()));
    judge_settings(&warnings.unwrap_or_default(), untrusted, |path| host.expand_home(path).display().to_string())
}

/// The profile and its sso-session.
pub(super) fn files(scene: &Scene<'_>) {
    let (chain, board) = (scene.chain, scene.board);
    let path = aws_config::path(chain.host);
    let file = ConfigFile {
        config: &chain.aws_config,
        path: &path.display().to_string(),
        shown: &chain.host.shorten_home(&path),
        profile: &scene.entry,
        namespace: scene.access.name.as_str(),
        own: scene.own_profile(),
    };
    board.judge_now(&checks::EXISTS, || judge_exists(&file));
    board.judge_now(&checks::VALUES, || {
        let refusal = portal::check_profile(chain, &scene.entry).err();
        let refusal = refusal.map(|refusal| aws_config::unusable(chain.host, &refusal));
        judge_values(&file, refusal.as_ref().map_or(Ok(()), Err))
    });
    board.judge_now(&checks::SSO_SESSION, || judge_sso_session(&file));
    board.judge_now(&checks::STYLE, || judge_style(&file));
    board.judge_now(&checks::DUPLICATES, || judge_duplicates(&file));
}

/// Whether profile and context lead to the same place.
pub(super) fn context(scene: &Scene<'_>) {
    let chain = scene.chain;
    scene.board.judge_now(&checks::CONTEXT, || {
        let files = kubectl::readable(scene);
        let exec = resolved(&files, &scene.entry).and_then(|resolved| resolved.user.exec.as_ref());
        let Some(asked) = exec.and_then(|exec| TokenArguments::read(&exec.args)) else {
            return Judgement::ok("the context does not use nsaccess");
        };
        let pins = chain.settings.pins(scene.access.name.as_str());
        let origin = pins.cluster.as_ref().map(|cluster| cluster.origin.to_string()).unwrap_or_default();
        let profile = chain.aws_config.profile(&scene.entry);
        let wanted = Wanted {
            namespace: scene.access.name.as_str(),
            region: profile.and_then(|profile| profile.get("region")),
            cluster: pins.cluster.as_ref().map(|cluster| (cluster.value.as_str(), origin.as_str())),
        };
        judge_same_place(asked, wanted)
    });
}
