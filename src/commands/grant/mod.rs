//! `grant`: give a principal of AWS access to a namespace.

use clap::{Args, Subcommand};
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::grants::apply::Means;
use crate::actions::grants::look::{self, View};
use crate::actions::grants::principals::{Directory, KnownPrincipal};
use crate::actions::grants::verify;
use crate::chain::Chain;
use crate::chain::administrator::{Administrator, AdministratorFlags};
use crate::commands::Context;
use crate::commands::flags::AdministratorArgs;
use crate::commands::grant::wanted::{Typed, Wanted, WantedArgs};
use crate::commands::plan::{self, Ending, Plan};
use crate::error::{Error, Result};
use crate::model::elapsed;
use crate::model::grants::change::{Change, Verb, changes};
use crate::model::grants::grant::{Grant, Way};
use crate::model::grants::granting::{self, Note, Terms};
use crate::model::grants::principal::PrincipalKind;
use crate::model::grants::state::State;
use crate::model::rfc3339::Rfc3339;
use crate::model::settings::Flags;
use crate::model::shell::quote;

pub(crate) mod presets;
pub(crate) mod render;
pub(crate) mod wanted;

/// Grant a role, user or permission set access to a namespace.
///
/// Shows the changes and asks for confirmation before making them: a Role and RoleBinding in the namespace, and an access
/// entry (or an item in aws-auth) that adds the principal to the bound group. Running it again changes nothing. Uses your
/// own AWS identity, from a profile or the environment, and an EKS token of the same identity.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  nsaccess grant payments --to permission-set:idp-ns-payments \\\n      --preset developer\n  nsaccess grant payments --to arn:aws:iam::111122223333:role/ci \\\n      --preset viewer --for 8h\n  nsaccess grant payments --to permission-set:idp-ns-payments \\\n      --policy AmazonEKSViewPolicy --dry-run"
)]
pub(crate) struct GrantArgs {
    #[command(subcommand)]
    other: Option<Other>,
    #[command(flatten)]
    pub(crate) wanted: WantedArgs,
    /// How to map the principal in the cluster
    #[arg(long, value_name = "WAY", value_parser = ["auto", "access-entry", "aws-auth"], default_value = "auto")]
    pub(crate) via: String,
    /// Recreate an access entry that belongs to a deleted role with the same name
    #[arg(long)]
    pub(crate) recreate: bool,
    /// Take over fields that another field manager has set
    #[arg(long)]
    pub(crate) force_conflicts: bool,
    /// Create an access entry even if aws-auth, which it overrides, cannot be read
    #[arg(long)]
    pub(crate) ignore_aws_auth: bool,
    /// Show the changes, and check whether the cluster would accept them
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// List presets, or print the rules of one
    #[arg(long, value_name = "NAME", num_args = 0..=1, conflicts_with_all = ["WantedArgs", "AdministratorArgs"])]
    pub(super) presets: Option<Option<String>>,
    #[command(flatten)]
    pub(crate) administrator: AdministratorArgs,
}

impl GrantArgs {
    /// Whether it makes a grant, and not only shows or prints something.
    pub(crate) fn changes_clusters(&self) -> bool {
        self.other.is_none() && self.presets.is_none() && !self.dry_run
    }
}

/// What is done with grants besides making them.
#[derive(Debug, Subcommand)]
enum Other {
    #[command(about = "Print grants for other tools instead of applying them")]
    Render(Box<render::RenderArgs>),
}

/// Runs the verb.
///
/// # Errors
/// When something is refused or missing; what was done until then is told.
pub(crate) fn run(context: Context<'_>, args: &GrantArgs) -> Result<()> {
    if let Some(Other::Render(args)) = &args.other {
        return render::run(context, args);
    }
    if let Some(preset) = &args.presets {
        return presets::run(context, preset.as_deref());
    }
    let chain = &context.open(&Flags::default())?;
    let request = wanted::read(context, &args.wanted, Typed { verb: "grant", flags: "" })?;
    let (wanted, way) = (&request.grants, Way::parse(&args.via).or(request.way));
    let pinned = if let [one] = wanted.as_slice() { Some(one.namespace.as_str()) } else { None };
    let flags = AdministratorFlags {
        cluster: args.administrator.cluster.clone().or(request.cluster),
        region: args.administrator.region.clone().or(request.region),
        ..args.administrator.flags()
    };
    let choice =
        Choice { way, recreate: args.recreate, force: args.force_conflicts, ignore_aws_auth: args.ignore_aws_auth };
    let means = Means { force: args.force_conflicts, dry_run: args.dry_run };
    plan::run(context, async |progress| {
        let administrator = Administrator::open(chain, pinned, flags).await?;
        check_account(&administrator, request.account.as_deref())?;
        let directory = Directory::new(&administrator);
        let is_said = args.wanted.names_access();
        let make = async || {
            let planned = make_plan(&administrator, &directory, wanted, choice).await?;
            if is_said { Ok(planned) } else { planned.if_it_replaces_nothing() }
        };
        let (planned, ending) = plan::propose(context, progress, (args.yes, means), make).await?;
        match ending {
            Ending::Unchanged => {
                plan::say_unchanged(
                    context,
                    &planned,
                    &format!("{}: already granted, nothing to do", planned.title()),
                )?;
            }
            Ending::Tried => return Ok(()),
            Ending::Done => check(context, &planned).await?,
        }
        next_steps(context, &planned);
        Ok(())
    })
}

/// What the arguments decide about how it is granted.
#[derive(Debug, Clone, Copy)]
struct Choice {
    way: Option<Way>,
    recreate: bool,
    force: bool,
    ignore_aws_auth: bool,
}

/// A file of grants is for one account.
fn check_account(administrator: &Administrator<'_>, wanted: Option<&str>) -> Result<()> {
    match (wanted, administrator.aws()) {
        (Some(wanted), Ok(aws)) if wanted != aws.account() => {
            Err(Error::usage(format!("the file is for the account {wanted}"))
                .because(format!("you are in {}, as {}", aws.account(), aws.caller_arn))
                .try_next("run the same command with a profile of that account: --profile NAME"))
        }
        _ => Ok(()),
    }
}

/// A plan, and all that it was made of.
struct Planned<'a> {
    administrator: &'a Administrator<'a>,
    grants: Vec<(Grant, KnownPrincipal)>,
    changes: Vec<Change>,
    notes: Vec<Note>,
    choice: Choice,
}

impl Planned<'_> {
    /// floor, because nothing else was said, must not take another preset away.
    fn if_it_replaces_nothing(self) -> Result<Self> {
        let is_replaced = |change: &&Change| change.verb() == Verb::Replace && change.kind() == "RoleBinding";
        let Some(Change::Binding { before: Some(before), .. }) = self.changes.iter().find(is_replaced) else {
            return Ok(self);
        };
        Err(Error::usage(format!("no preset specified for {}", self.grants[0].0.principal))
            .because(format!(
                "it has {} {}, which the default preset, floor, would replace",
                before.role.kind, before.role.name
            ))
            .try_next("run the same command with --preset floor, viewer, developer or admin"))
    }
}

impl Plan for Planned<'_> {
    type Subject = Grants;

    fn administrator(&self) -> &Administrator<'_> {
        self.administrator
    }

    fn title(&self) -> String {
        let cluster = self.administrator.cluster_name();
        match self.grants.as_slice() {
            [(grant, _)] => {
                format!("Grant {} in {} ({cluster}) to {}", grant.access.label(), grant.namespace, grant.principal)
            }
            grants => format!("{} grants in {cluster}", grants.len()),
        }
    }

    fn changes(&self) -> &[Change] {
        &self.changes
    }

    fn notes(&self) -> &[Note] {
        &self.notes
    }

    fn namespaces(&self) -> Vec<&str> {
        self.grants.iter().map(|(grant, _)| grant.namespace.as_str()).collect()
    }

    fn subject(&self) -> Grants {
        let row = |grant: &Grant| GrantRow {
            namespace: grant.namespace.clone(),
            production: self.is_production(&grant.namespace),
            principal: grant.principal.arn(),
            access: grant.access.label().to_owned(),
            until: grant.until.map(Rfc3339::from),
        };
        Grants { grants: self.grants.iter().map(|(grant, _)| row(grant)).collect() }
    }
}

/// What is granted.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Grants {
    /// The grants
    grants: Vec<GrantRow>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct GrantRow {
    /// Its namespace
    namespace: String,
    /// Whether the namespace is marked as production
    production: bool,
    /// ARN of the principal
    principal: String,
    /// Preset or access policy
    access: String,
    /// When it expires
    until: Option<Rfc3339>,
}

async fn make_plan<'a>(
    administrator: &'a Administrator<'a>,
    directory: &Directory<'_>,
    wanted: &[Wanted],
    choice: Choice,
) -> Result<Planned<'a>> {
    let (mut grants, mut notes) = (Vec::new(), Vec::new());
    for wanted in wanted {
        let known = directory.find(&wanted.principal).await?;
        let new: Vec<Note> = known.notes.iter().filter(|note| !notes.contains(*note)).cloned().collect();
        notes.extend(new);
        grants.push((wanted.grant(known.principal.clone()), known));
    }
    let plain: Vec<Grant> = grants.iter().map(|(grant, _)| grant.clone()).collect();
    let View { state: before, notes: seen, .. } = look::before_grants(administrator, &plain, choice.way).await?;
    notes.extend(seen);
    let mut after = before.clone();
    notes.extend(put_all(administrator, &grants, choice, &mut after)?);
    let changes = changes(&before, &after);
    Ok(Planned { administrator, grants, changes, notes, choice })
}

fn put_all(
    administrator: &Administrator<'_>,
    grants: &[(Grant, KnownPrincipal)],
    choice: Choice,
    state: &mut State,
) -> Result<Vec<Note>> {
    let Choice { way, recreate, force, ignore_aws_auth } = choice;
    let mode = match administrator.aws() {
        Ok(aws) => aws.cluster.authentication_mode.clone(),
        // Without AWS there is only aws-auth.
        Err(_) if way == Some(Way::AwsAuth) => None,
        Err(error) => return Err(error.because("without an AWS identity, only --via aws-auth works")),
    };
    let (mut notes, mut refusals) = (Vec::new(), Vec::new());
    for (grant, known) in grants {
        let principal_created_at = known.created_at;
        let terms = Terms { mode: mode.as_deref(), way, principal_created_at, recreate, force, ignore_aws_auth };
        match granting::grant(state, grant, &terms) {
            Ok(more) => notes.extend(more),
            Err(refusal) => refusals.push(refusal),
        }
    }
    match together(refusals) {
        Some(refusal) => Err(refusal),
        None => Ok(notes),
    }
}

/// The first of several refusals, with what the others say.
fn together(refusals: Vec<Error>) -> Option<Error> {
    const SHOWN: usize = 10;
    let mut refusals = refusals.into_iter();
    let first = refusals.next()?;
    let mut others: Vec<String> = refusals.map(|refusal| refusal.message).collect();
    others.dedup();
    let rest = others.len().saturating_sub(SHOWN);
    others.truncate(SHOWN);
    let all = others.into_iter().fold(first, |error, other| error.because(format!("and {other}")));
    Some(if rest > 0 { all.because(format!("and {rest} more")) } else { all })
}

/// Waits until the cluster shows what was granted.
async fn check(context: Context<'_>, planned: &Planned<'_>) -> Result<()> {
    let Planned { administrator, grants, choice, .. } = planned;
    let plain: Vec<Grant> = grants.iter().map(|(grant, _)| grant.clone()).collect();
    let look = async || look::before_grants(administrator, &plain, choice.way).await;
    // Made anew, the entry is as it should be.
    let choice = Choice { recreate: false, ..*choice };
    let is_there =
        verify::wait(administrator, look, |state| put_all(administrator, grants, choice, state).map(drop)).await?;
    if is_there {
        context.ui.status("Granted. EKS may take a few seconds to apply it.");
    } else {
        context.ui.warning("the cluster does not show the grant yet; run the same command again to check");
    }
    Ok(())
}

/// What the developer is told.
fn next_steps(context: Context<'_>, planned: &Planned<'_>) {
    let mut told = std::collections::BTreeSet::new();
    for (grant, _) in &planned.grants {
        let command = command_for(planned.administrator.chain, planned.administrator, grant);
        if told.insert(command.clone()) && told.len() <= 5 {
            context.ui.hint(&format!("{command}   # for users of the {}", grant.principal.kind.word()));
        }
    }
}

fn command_for(chain: &Chain<'_>, administrator: &Administrator<'_>, grant: &Grant) -> String {
    let namespace = &grant.namespace;
    match grant.principal.permission_set() {
        Some(name) if chain.settings.permission_sets.value.fits(name, namespace) => {
            format!("nsaccess login {namespace}")
        }
        Some(name) => format!("nsaccess login {namespace} --role {}", quote(name)),
        None => {
            let cluster = administrator.aws().map(|aws| &aws.cluster);
            let (name, region) =
                cluster.map_or(("CLUSTER", "REGION"), |found| (found.name.as_str(), found.region.as_str()));
            let update = format!("aws eks update-kubeconfig --name {name} --region {region}");
            match grant.principal.kind {
                PrincipalKind::Role => format!("{update} --role-arn {}", grant.principal),
                PrincipalKind::User => update,
            }
        }
    }
}

/// A duration like `8h`, `1h30m` or `7d`.
fn parse_duration(text: &str) -> Result<SignedDuration> {
    match elapsed::parse(text) {
        Ok(0) => Err("must be at least one second".to_owned()),
        Ok(seconds) => Ok(SignedDuration::from_secs(seconds)),
        Err(why) => Err(why),
    }
    .map_err(|why| {
        Error::usage("invalid duration for --for")
            .because(why)
            .try_next("use a duration: --for 8h, --for 90m, --for 7d")
    })
}
