//! Names for accesses that stand beside one another.

use crate::chain::Chain;
use crate::model::aws::target::Assignment;
use crate::model::kube::access::{Access, AccessName};
use crate::model::kube::access_names;

/// A free name for another access into the namespace, by what tells its place from the others.
pub(crate) fn beside(chain: &Chain<'_>, access: &Access, place: &str) -> AccessName {
    let own = AccessName::parse(access.namespace.as_str()).ok();
    // An access of another name was asked for: the namespace's own name may still be free.
    let own = own.filter(|own| place.is_empty() && !is_set_up(chain, own));
    let by_place = || access_names::beside(&access.namespace, place);
    let name = own.or_else(by_place).unwrap_or_else(|| access.name.clone());
    access_names::free(name, |name| is_set_up(chain, name))
}

/// The names of the accesses that a portal's assignments would be, each its own.
pub(crate) fn of_assignments(access: &Access, assignments: &[Assignment]) -> Vec<AccessName> {
    let mut accounts: Vec<(&str, Option<&str>)> = Vec::new();
    for assignment in assignments {
        let account = (assignment.account.as_str(), assignment.account_name.as_deref());
        if !accounts.contains(&account) {
            accounts.push(account);
        }
    }
    let of_accounts = access_names::for_accounts(&access.namespace, &accounts);
    let mut names: Vec<AccessName> = Vec::new();
    for assignment in assignments {
        let at = accounts.iter().position(|(account, _)| *account == assignment.account);
        let name = at.and_then(|at| of_accounts[at].clone()).unwrap_or_else(|| access.name.clone());
        names.push(access_names::free(name, |name| names.contains(name)));
    }
    names
}

/// What an account's name adds to the namespace's, among the assignments that are the namespace's by the pattern.
pub(crate) fn place_of_account(
    chain: &Chain<'_>,
    access: &Access,
    assignments: &[Assignment],
    account: &str,
) -> String {
    let is_namespace =
        |found: &Assignment| chain.settings.namespace_of(found).as_deref() == Some(access.namespace.as_str());
    let fits = |found: &&Assignment| found.account == account || is_namespace(found);
    let fitting: Vec<Assignment> = assignments.iter().filter(fits).cloned().collect();
    let names = of_assignments(access, &fitting);
    let found = fitting.iter().zip(names).find(|(assignment, _)| assignment.account == account);
    let whole = found.map_or_else(|| account.to_owned(), |(_, name)| name.to_string());
    whole.strip_prefix(&format!("{}-", access.namespace)).map_or_else(|| account.to_owned(), str::to_owned)
}

/// Whether something is set up under a name.
fn is_set_up(chain: &Chain<'_>, name: &AccessName) -> bool {
    crate::chain::access::set_up(chain).contains(name)
}
