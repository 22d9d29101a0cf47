//! A login without a namespace: signs in, and offers what the portal gives.

use crate::actions::logout;
use crate::chain::session::portal_list;
use crate::chain::target::portal;
use crate::chain::{Chain, Presence, access};
use crate::error::{Error, Kind, Result};
use crate::model::aws::target::Portal;
use crate::model::kube::access::{Access, AccessName};

/// The namespace that a person chooses: of those that the portal gives, and of what is set up here.
///
/// # Errors
/// When no person can be asked, and as the sign-in.
pub(super) async fn choose(chain: &Chain<'_>, force: bool) -> Result<Access> {
    if chain.presence != Presence::Person {
        return Err(not_specified(chain));
    }
    let known = portal::known(chain, None)?;
    let set_up: Vec<String> = access::set_up(chain).iter().map(AccessName::to_string).collect();
    // Who uses profiles only has no portal, and is not asked for one.
    let names = match known {
        None if !set_up.is_empty() => set_up,
        known => of_portal(chain, &known.map_or_else(|| portal::default(chain), Ok)?, set_up, force).await?,
    };
    match names.as_slice() {
        [only] => {
            chain.ui.status(&format!("namespace: {only} (the only one)"));
            access::meant(chain, Some(only))
        }
        _ => access::pick(chain, names),
    }
}

async fn of_portal(chain: &Chain<'_>, portal: &Portal, set_up: Vec<String>, force: bool) -> Result<Vec<String>> {
    if force {
        logout::sign_out(chain, portal).await?;
    }
    let list = portal_list::read(chain, portal).await?;
    // Who cancels the choice is not asked again where to sign in.
    portal::remember(chain, portal)?;
    let given = list.assignments.iter().filter_map(|assignment| chain.settings.namespace_of(assignment));
    let mut names: Vec<String> = given.chain(set_up).collect();
    names.sort();
    names.dedup();
    match names.is_empty() {
        false => Ok(names),
        true => Err(Error::new(Kind::NotFound, format!("no namespaces found in {}", portal.start_url))
            .because(format!(
                "none of your {} permission sets matches the pattern {}",
                list.assignments.len(),
                chain.settings.permission_sets.value
            ))
            .try_next("nsaccess list --all   # lists your permission sets, with a login for each")),
    }
}

/// Nobody can choose: the whole command to type.
fn not_specified(chain: &Chain<'_>) -> Error {
    let error = Error::usage("no namespace specified").because("without a terminal, it cannot ask you");
    match portal::known(chain, None) {
        Ok(None) if access::set_up(chain).is_empty() => {
            error.try_next("nsaccess login NAMESPACE --start-url https://YOURS.awsapps.com/start --sso-region REGION")
        }
        _ => error.try_next("nsaccess login NAMESPACE").try_next("nsaccess list   # lists your namespaces"),
    }
}
