//! `revoke`: take back what grants have given.

use std::collections::BTreeSet;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::grants::apply::Means;
use crate::actions::grants::look::{self, View};
use crate::actions::grants::{expired, principals, verify};
use crate::chain::administrator::Administrator;
use crate::commands::Context;
use crate::commands::flags::AdministratorArgs;
use crate::commands::grant::wanted::principal;
use crate::commands::plan::{self, Ending, Plan};
use crate::error::{Error, Kind, Result};
use crate::model::grants::access_policy;
use crate::model::grants::change::{Change, changes_of_revocation};
use crate::model::grants::granting::Note;
use crate::model::grants::revoking::{self, Extent, Revocation};
use crate::model::grants::state::State;
use crate::model::settings::Flags;

/// Revoke access to a namespace.
///
/// Removes everything that grants created for the principal in the namespace and that nothing else needs. Access created in
/// other ways is listed and kept. Shows the changes and asks for confirmation before making them.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  nsaccess revoke payments --from permission-set:idp-ns-payments\n  nsaccess revoke payments --from arn:aws:iam::111122223333:role/ci --dry-run\n  nsaccess revoke --expired --yes"
)]
pub(crate) struct RevokeArgs {
    /// Namespace [default with --expired: all namespaces]
    pub(crate) namespace: Option<String>,
    /// Who loses access: the ARN of a role or user, permission-set:NAME, or an assumed-role ARN
    #[arg(long, value_name = "PRINCIPAL", conflicts_with = "expired")]
    pub(crate) from: Option<String>,
    /// Revoke all expired grants (grant --for)
    #[arg(long)]
    pub(crate) expired: bool,
    /// Also revoke access that was not created by nsaccess, unless others would lose access
    #[arg(long, conflicts_with = "expired")]
    pub(crate) include_foreign: bool,
    /// Show the changes, and check whether the cluster would accept them
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) administrator: AdministratorArgs,
}

/// Runs the verb.
///
/// # Errors
/// When something is refused or missing; what was done until then is told.
pub(crate) fn run(context: Context<'_>, args: &RevokeArgs) -> Result<()> {
    let chain = &context.open(&Flags::default())?;
    let namespace = namespace(context, args)?;
    let means = Means { force: false, dry_run: args.dry_run };
    plan::run(context, async |progress| {
        let administrator = Administrator::open(chain, namespace.as_deref(), args.administrator.flags()).await?;
        let make = async || make_plan(&administrator, namespace.as_deref(), args).await;
        let (planned, ending) = plan::propose(context, progress, (args.yes, means), make).await?;
        match ending {
            Ending::Unchanged => say_nothing_to_do(context, &planned, args.expired),
            Ending::Tried => Ok(()),
            Ending::Done => check(context, &planned).await,
        }
    })
}

/// Nothing may only be said of what was looked at.
fn say_nothing_to_do(context: Context<'_>, planned: &Planned<'_>, expired: bool) -> Result<()> {
    let words = match (planned.unseen, expired) {
        (true, _) => "nothing to revoke in what could be checked",
        (false, true) => "no expired grants",
        (false, false) => "nothing to revoke",
    };
    if let [Revocation { namespace, .. }] = planned.revocations.as_slice()
        && planned.is_nowhere
    {
        return Err(Error::new(Kind::NotFound, format!("namespace {namespace:?} not found in this cluster"))
            .because("no access entry and no item in aws-auth has a grant for it either")
            .try_next("kubectl get namespaces   # check the name and the cluster"));
    }
    plan::say_unchanged(context, planned, words)?;
    if planned.unseen { Err(Error::new(Kind::NotJudged, "not everything could be checked")) } else { Ok(()) }
}

fn namespace(context: Context<'_>, args: &RevokeArgs) -> Result<Option<String>> {
    let Some(name) = context.named(args.namespace.as_deref()) else {
        if args.expired {
            return Ok(None);
        }
        return Err(Error::usage("no namespace specified")
            .because("revoke requires an explicit namespace and never uses the current one")
            .try_next("nsaccess revoke NAMESPACE --from PRINCIPAL"));
    };
    // A policy may hold in all namespaces whose names fit.
    access_policy::parse_scope(name).map_err(|why| {
        Error::usage(format!("invalid namespace {name:?}")).because(why).try_next("kubectl get namespaces")
    })?;
    if args.from.is_none() && !args.expired {
        return Err(Error::usage("no principal specified")
            .try_next(format!("nsaccess revoke {name} --from PRINCIPAL"))
            .try_next(format!("nsaccess audit {name}   # shows who has access")));
    }
    Ok(Some(name.to_owned()))
}

/// Whom an argument means: also who is gone from IAM, but still in the cluster.
async fn meant(administrator: &Administrator<'_>, namespace: &str, from: &str) -> Result<(Vec<Revocation>, Vec<Note>)> {
    let name = principal(from, |instead| format!("nsaccess revoke {namespace} --from {instead}"))?;
    let (found, notes) = principals::find_to_revoke(administrator, &name).await?;
    let revocation = |principal| Revocation { namespace: namespace.to_owned(), principal, extent: Extent::Everything };
    Ok((found.into_iter().map(revocation).collect(), notes))
}

/// A plan, and all that it was made of.
struct Planned<'a> {
    administrator: &'a Administrator<'a>,
    revocations: Vec<Revocation>,
    include_foreign: bool,
    changes: Vec<Change>,
    notes: Vec<Note>,
    /// Not everything that may give access was looked at.
    unseen: bool,
    /// There is no namespace of that name.
    is_nowhere: bool,
}

impl Plan for Planned<'_> {
    type Subject = Revocations;

    fn administrator(&self) -> &Administrator<'_> {
        self.administrator
    }

    fn title(&self) -> String {
        let cluster = self.administrator.cluster_name();
        match self.revocations.as_slice() {
            [revocation] => {
                format!("Revoke access to {} ({cluster}) from {}", revocation.namespace, revocation.principal)
            }
            revocations => format!("Revoke {} grants in {cluster}", revocations.len()),
        }
    }

    fn changes(&self) -> &[Change] {
        &self.changes
    }

    fn notes(&self) -> &[Note] {
        &self.notes
    }

    fn namespaces(&self) -> Vec<&str> {
        self.revocations.iter().map(|revocation| revocation.namespace.as_str()).collect()
    }

    fn subject(&self) -> Revocations {
        let row = |revocation: &Revocation| RevocationRow {
            namespace: revocation.namespace.clone(),
            production: self.is_production(&revocation.namespace),
            principal: revocation.principal.arn(),
        };
        Revocations { revocations: self.revocations.iter().map(row).collect() }
    }
}

/// What is revoked.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Revocations {
    /// The grants that are revoked
    revocations: Vec<RevocationRow>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RevocationRow {
    /// Its namespace
    namespace: String,
    /// Whether the namespace is marked as production
    production: bool,
    /// ARN of the principal
    principal: String,
}

async fn make_plan<'a>(
    administrator: &'a Administrator<'a>,
    namespace: Option<&str>,
    args: &RevokeArgs,
) -> Result<Planned<'a>> {
    let (revocations, mut notes) = match (namespace, &args.from) {
        (Some(namespace), Some(from)) => meant(administrator, namespace, from).await?,
        (namespace, _) => expired::find(administrator, namespace).await?,
    };
    let View { state: before, notes: seen, unseen } =
        look::before_revocations(administrator, &revocations, args.include_foreign).await?;
    notes.extend(seen);
    let mut after = before.clone();
    notes.extend(take_all(&mut after, &revocations, args.include_foreign)?);
    let changes = changes_of_revocation(&before, &after);
    let is_nowhere = namespace.is_some_and(|name| !name.contains('*') && !before.namespaces.contains_key(name));
    Ok(Planned {
        administrator,
        revocations,
        include_foreign: args.include_foreign,
        changes,
        notes,
        unseen,
        is_nowhere,
    })
}

fn take_all(state: &mut State, revocations: &[Revocation], include_foreign: bool) -> Result<Vec<Note>> {
    let mut notes = Vec::new();
    for revocation in revocations {
        notes.extend(revoking::revoke(state, revocation, include_foreign)?);
    }
    Ok(notes)
}

/// Waits until the cluster shows it no more.
async fn check(context: Context<'_>, planned: &Planned<'_>) -> Result<()> {
    let Planned { administrator, revocations, include_foreign, .. } = planned;
    let is_gone = verify::wait(
        administrator,
        async || look::before_revocations(administrator, revocations, *include_foreign).await,
        |state| take_all(state, revocations, *include_foreign).map(drop),
    )
    .await?;
    if is_gone {
        context.ui.status("Revoked. EKS may take a few minutes to apply it.");
    } else {
        context.ui.warning("the cluster still shows the grant; run the same command again to check");
    }
    let places: BTreeSet<&str> = revocations.iter().map(|revocation| revocation.namespace.as_str()).collect();
    for place in places.iter().take(3) {
        let cluster = planned
            .administrator
            .aws()
            .map(|aws| format!(" --cluster {} --region {}", aws.cluster.name, aws.cluster.region));
        context.ui.hint(&format!("nsaccess audit {place}{}   # shows who has access now", cluster.unwrap_or_default()));
    }
    Ok(())
}
