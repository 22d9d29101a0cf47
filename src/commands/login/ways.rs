//! How a login goes on that would replace something: the commands that replace it, or set up another access beside it.

use super::{LoginArgs, flags_of};
use crate::actions::setup::replace::Ways;
use crate::chain::Chain;
use crate::chain::target::{identity, portal};
use crate::commands::flags::{IdentityArgs, LoginFlags, SignInArgs, TargetArgs, insistent_login, login_as};
use crate::model::aws::identity::{Identity, PermissionSet};
use crate::model::aws::target::Target;
use crate::model::kube::access::Access;

/// The ways of a login whose target is not known yet.
pub(super) fn of<'a>(args: &'a LoginArgs, access: &'a Access) -> Ways<'a> {
    let flags = flags_of(args);
    Ways {
        replace: insistent_login(access, flags),
        beside: Box::new(move |name| login_as(access, name.as_str(), flags)),
    }
}

/// The ways of a login with a target: another access has no profile yet that says what no flag did.
pub(super) fn of_target<'a>(chain: &'a Chain<'_>, args: &'a LoginArgs, target: &'a Target) -> Ways<'a> {
    Ways {
        replace: insistent_login(&target.access, flags_of(args)),
        beside: Box::new(move |name| {
            let (of_target, sign_in, identity) = complete(chain, args, target);
            let flags = LoginFlags { target: &of_target, sign_in: &sign_in, identity: Some(&identity) };
            login_as(&target.access, name.as_str(), flags)
        }),
    }
}

/// The flags, with what the target says besides.
fn complete(chain: &Chain<'_>, args: &LoginArgs, target: &Target) -> (TargetArgs, SignInArgs, IdentityArgs) {
    let (mut of_target, mut sign_in, mut identity) = (args.target.clone(), args.sign_in.clone(), args.identity.clone());
    match &target.identity {
        Identity::PermissionSet(PermissionSet { portal, account, name }) => {
            of_target.account.get_or_insert_with(|| account.clone());
            if identity::unusual_role(chain, target).is_some() {
                of_target.role.get_or_insert_with(|| name.clone());
            }
            let is_default =
                portal::in_use(chain).first().is_some_and(|first| first.session_name == portal.session_name);
            if !is_default {
                sign_in.start_url.get_or_insert_with(|| portal.start_url.clone());
                sign_in.sso_region.get_or_insert_with(|| portal.region.clone());
            }
        }
        Identity::Role { role, source_profile } => {
            let fill =
                |flag: &mut Option<String>, value: &Option<String>| *flag = flag.take().or_else(|| value.clone());
            identity.role_arn.get_or_insert_with(|| role.arn.clone());
            identity.source_profile.get_or_insert_with(|| source_profile.clone());
            fill(&mut identity.external_id, &role.external_id);
            fill(&mut identity.mfa_serial, &role.mfa_serial);
            fill(&mut identity.session_name, &role.session_name);
            fill(&mut identity.duration, &role.duration.map(|seconds| format!("{seconds}s")));
        }
        Identity::Profile(name) => {
            identity.source_profile.get_or_insert_with(|| name.clone());
        }
    }
    (of_target, sign_in, identity)
}
