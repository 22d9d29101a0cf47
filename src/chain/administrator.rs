//! The platform team's way to a cluster, for what is done to namespaces instead of in one: an AWS identity of the
//! environment, the cluster that it describes, and an EKS token of the same identity; or a context of the kubeconfig.

mod context_facts;

use std::cell::RefCell;
use std::sync::Arc;

use context_facts::ContextFacts;
use jiff::{SignedDuration, Timestamp};

use crate::chain::cluster::proxy;
use crate::chain::{Chain, ambient, clock_skew, profile};
use crate::env_vars;
use crate::error::{Error, Kind, Result};
use crate::model::aws::access_keys::AccessKeys;
use crate::model::aws::eks_token;
use crate::model::kube::cluster::Cluster;
use crate::model::shell::quote;
use crate::net::aws::ambient::AmbientCredentials;
use crate::net::aws::eks::{ClusterDescription, Eks};
use crate::net::aws::failure::{Class, Failure};
use crate::net::kube::{KubeApi, KubeFailure, Silence};

/// A token is good for 15 minutes.
const TOKEN_AGE: SignedDuration = SignedDuration::from_mins(10);

/// Who the administrator is, and which cluster is meant.
#[derive(Debug, Clone, Default)]
pub(crate) struct AdministratorFlags {
    pub(crate) profile: Option<String>,
    pub(crate) cluster: Option<String>,
    pub(crate) region: Option<String>,
    /// For Kubernetes, this context instead of an EKS token.
    pub(crate) context: Option<String>,
}

/// An administrator at a cluster.
pub(crate) struct Administrator<'a> {
    pub(crate) chain: &'a Chain<'a>,
    pub(crate) flags: AdministratorFlags,
    aws: Result<AwsAccess>,
    kube: RefCell<Option<(KubeApi, Timestamp)>>,
}

/// What the AWS identity is, and the cluster as EKS describes it.
#[derive(Debug, Clone)]
pub(crate) struct AwsAccess {
    pub(crate) keys: AccessKeys,
    pub(crate) caller_arn: String,
    pub(crate) cluster: Cluster,
}

impl<'a> Administrator<'a> {
    /// Finds the identity and the cluster. With a context, AWS may be missing until something of it is needed.
    ///
    /// # Errors
    /// When there are no credentials, the cluster is not known or cannot be described, or the context leads to another.
    pub(crate) async fn open(
        chain: &'a Chain<'a>,
        namespace: Option<&str>,
        flags: AdministratorFlags,
    ) -> Result<Administrator<'a>> {
        let facts = match &flags.context {
            Some(context) => context_facts(chain, context)?,
            None => ContextFacts::default(),
        };
        let aws = AwsAccess::find(chain, namespace, &flags, &facts).await;
        if let (Ok(aws), Some(context)) = (&aws, &flags.context) {
            facts.check(context, &aws.cluster)?;
        }
        match aws {
            Err(error) if flags.context.is_none() => Err(error),
            aws => Ok(Administrator { chain, flags, aws, kube: RefCell::new(None) }),
        }
    }

    /// The AWS identity and the cluster.
    ///
    /// # Errors
    /// Why they are not known, where only a context was needed so far.
    pub(crate) fn aws(&self) -> Result<&AwsAccess> {
        self.aws.as_ref().map_err(Clone::clone)
    }

    /// EKS in the cluster's region.
    ///
    /// # Errors
    /// As [`Administrator::aws`].
    pub(crate) fn eks(&self) -> Result<Eks> {
        let aws = self.aws()?;
        Ok(Eks::new(&self.chain.aws.patient(), &aws.keys, &aws.cluster.region))
    }

    /// The cluster's name, for people.
    pub(crate) fn cluster_name(&self) -> &str {
        match &self.aws {
            Ok(aws) => &aws.cluster.name,
            Err(_) => self.flags.context.as_deref().unwrap_or("?"),
        }
    }

    /// The cluster's API, with a token that is good for minutes.
    ///
    /// # Errors
    /// When the endpoint or the context cannot be used.
    pub(crate) async fn kube(&self) -> Result<KubeApi> {
        let now = self.chain.host.now();
        if let Some((api, signed_at)) = &*self.kube.borrow()
            && (self.flags.context.is_some() || now.duration_since(*signed_at) < TOKEN_AGE)
        {
            return Ok(api.clone());
        }
        let api = match &self.flags.context {
            Some(context) => {
                let files = self.chain.kubeconfigs.merged()?.files;
                KubeApi::of_context(&files, context, self.chain.aws.outbound()).await?
            }
            None => self.signed_in(now)?,
        };
        self.kube.replace(Some((api.clone(), now)));
        Ok(api)
    }

    fn signed_in(&self, now: Timestamp) -> Result<KubeApi> {
        let AwsAccess { keys, cluster, .. } = self.aws()?;
        let token = eks_token::sign(keys, &cluster.name, &cluster.region, now);
        let proxy = proxy::of_environment(self.chain, &cluster.endpoint)?;
        let shared = (self.chain.aws.outbound(), &Arc::default());
        KubeApi::new(cluster, proxy.as_ref(), &token, shared, Silence::OfCalls)
    }

    /// Calls the cluster.
    ///
    /// # Errors
    /// The cluster's answer; a 401 with who was not known.
    pub(crate) async fn call<T>(
        &self,
        call: impl AsyncFn(KubeApi) -> Result<T, KubeFailure>,
    ) -> Result<Result<T, KubeFailure>> {
        match call(self.kube().await?).await {
            Err(KubeFailure::Unauthorized) => Err(clock_skew::explain_unauthorized(self.chain, self.not_known())),
            answer => Ok(answer),
        }
    }

    fn not_known(&self) -> Error {
        let error = Error::new(Kind::Denied, format!("the cluster {} does not recognize you", self.cluster_name()));
        match (&self.flags.context, &self.aws) {
            (None, Ok(aws)) => error
                .because(format!("it returned 401 to {}", aws.caller_arn))
                .because("neither an access entry nor the aws-auth ConfigMap maps it")
                .try_next(format!(
                    "aws eks create-access-entry --cluster-name {} --region {} --principal-arn ROLE_ARN   # as the cluster's creator; or use another --profile",
                    aws.cluster.name, aws.cluster.region
                )),
            (context, _) => {
                let context = context.as_deref().unwrap_or_default();
                error.because(format!("it returned 401 to the user of the context {context}"))
                    .try_next(format!("kubectl --context {context} auth whoami"))
            }
        }
    }
}

impl AwsAccess {
    async fn find(
        chain: &Chain<'_>,
        namespace: Option<&str>,
        flags: &AdministratorFlags,
        facts: &ContextFacts,
    ) -> Result<AwsAccess> {
        check_profile(chain, flags.profile.as_deref())?;
        let regions = regions(chain, namespace, flags, facts)?;
        let keys = load(chain, flags.profile.as_deref(), &regions[0]).await?.keys;
        let caller_arn = chain
            .services
            .caller_arn(&keys, &regions[0])
            .await
            .map_err(|failure| clock_skew::explain(chain, failure.into_error("AWS rejects your credentials")))?;
        chain.ui.detail(&format!("as {caller_arn}"));
        let pins = namespace.map(|namespace| chain.settings.pins(namespace)).unwrap_or_default();
        let named = flags.cluster.clone().or_else(|| facts.cluster.clone()).or(pins.cluster.map(|pin| pin.value));
        let (name, regions) = match named {
            Some(name) => (name, regions),
            None => choose(chain, &keys, &regions, &caller_arn).await?,
        };
        let ClusterDescription { cluster, status, .. } = describe(chain, &keys, &regions, &name, &caller_arn).await?;
        chain.ui.detail(&format!("cluster {} in {}, {status}", cluster.name, cluster.region));
        if status != "ACTIVE" {
            let name = &cluster.name;
            chain.ui.warning(&format!("the cluster {name} is {status}; EKS may reject changes until it is ACTIVE"));
        }
        Ok(AwsAccess { keys, caller_arn, cluster })
    }

    /// The account that the identity belongs to.
    pub(crate) fn account(&self) -> &str {
        self.caller_arn.split(':').nth(4).unwrap_or_default()
    }
}

/// The profile that is used, unless something else comes first: a flag's, or that of `$AWS_PROFILE`.
fn profile_in_use<'c>(chain: &'c Chain<'_>, flag: Option<&'c str>) -> Option<&'c str> {
    let host = chain.host;
    let comes_first =
        || ambient::has_environment_keys(host) || host.env(env_vars::AWS_WEB_IDENTITY_TOKEN_FILE).is_some();
    flag.or_else(|| host.env(env_vars::AWS_PROFILE).filter(|_| !comes_first()))
}

/// A profile that is not defined, or cannot have credentials, is said before anything else.
fn check_profile(chain: &Chain<'_>, flag: Option<&str>) -> Result<()> {
    let Some(name) = profile_in_use(chain, flag) else { return Ok(()) };
    let checked = profile::source(chain.host, &chain.aws_config, name).map(drop);
    checked.map_err(|error| match flag {
        None => error.because(format!("${} is {name:?}", env_vars::AWS_PROFILE)),
        Some(_) => error,
    })
}

/// The credentials of the environment or a profile; where a profile has none, with the command that helps its kind.
async fn load(chain: &Chain<'_>, flag: Option<&str>, region: &str) -> Result<AmbientCredentials> {
    let loaded = ambient::load(chain.host, &chain.aws, flag, region).await;
    let Some(name) = profile_in_use(chain, flag) else { return loaded };
    loaded.map_err(|error| match profile::source(chain.host, &chain.aws_config, name) {
        Ok(source) => error.try_next(match source.sso_profile(name) {
            Some(sso) => format!("aws sso login --profile {}", quote(sso)),
            None => format!("aws sts get-caller-identity --profile {}", quote(name)),
        }),
        Err(fault) => fault,
    })
}

/// Where the cluster may be: at least one region.
fn regions(
    chain: &Chain<'_>,
    namespace: Option<&str>,
    flags: &AdministratorFlags,
    facts: &ContextFacts,
) -> Result<Vec<String>> {
    let pinned = || chain.settings.pins(namespace?).region.map(|pin| pin.value);
    let known = flags.region.clone().or_else(|| facts.region.clone()).or_else(pinned);
    let known = known.or_else(|| ambient::region(chain.host, flags.profile.as_deref()));
    let regions = known.map_or_else(|| chain.settings.regions.value.clone(), |region| vec![region]);
    if regions.is_empty() {
        return Err(Error::usage("no region specified for the cluster")
            .because("neither --region, the context, the settings, $AWS_REGION nor the profile sets one")
            .try_next("export AWS_REGION=REGION"));
    }
    Ok(regions)
}

/// The only cluster that there is, or the one that a person chooses; and its region.
async fn choose(
    chain: &Chain<'_>,
    keys: &AccessKeys,
    regions: &[String],
    caller_arn: &str,
) -> Result<(String, Vec<String>)> {
    let mut found = Vec::new();
    for region in regions {
        let names = chain.services.cluster_names(keys, region).await.map_err(|failure| {
            refused(failure, "cannot list clusters", "eks:ListClusters", caller_arn)
                .try_next("run the same command with --cluster CLUSTER")
        })?;
        found.extend(names.into_iter().map(|name| (name, region.clone())));
    }
    let lines: Vec<String> = found.iter().map(|(name, region)| format!("{name}  {region}")).collect();
    let index = match found.len() {
        0 => {
            return Err(Error::new(Kind::NotFound, format!("no clusters found for {caller_arn}"))
                .because(format!("regions searched: {}", regions.join(", ")))
                .try_next("run the same command with --region REGION"));
        }
        1 => 0,
        _ if chain.presence == crate::chain::Presence::Person => chain.prompts.pick("Which cluster?", &lines)?,
        _ => {
            return Err(Error::usage("no cluster specified")
                .because(format!("found: {}", lines.join("; ")))
                .try_next(format!("run the same command with --cluster {} --region {}", found[0].0, found[0].1)));
        }
    };
    let (name, region) = found.swap_remove(index);
    Ok((name, vec![region]))
}

/// The cluster in the first region that has it.
async fn describe(
    chain: &Chain<'_>,
    keys: &AccessKeys,
    regions: &[String],
    name: &str,
    caller_arn: &str,
) -> Result<ClusterDescription> {
    let mut last = None;
    for region in regions {
        match chain.services.describe_cluster(keys, region, name).await {
            Ok(found) => return Ok(found),
            Err(failure) if last.is_none() || failure.class != Class::NotFound => last = Some((failure, region)),
            Err(_) => {}
        }
    }
    let Some((failure, region)) = last else { return Err(Error::usage("no region specified for the cluster")) };
    let what = format!("cannot describe the cluster {name} in {region}");
    let is_missing = failure.class == Class::NotFound;
    let error = refused(failure, &what, "eks:DescribeCluster", caller_arn);
    let error = if is_missing { error.try_next(format!("aws eks list-clusters --region {region}")) } else { error };
    Err(clock_skew::explain(chain, error))
}

/// A failure of AWS; what was denied is named with its right.
pub(crate) fn refused(failure: Failure, what: &str, right: &str, caller_arn: &str) -> Error {
    // A wrong signature is refused with 403 too.
    let is_denied = failure.class == Class::Denied && failure.code.as_deref() != Some("SignatureDoesNotMatch");
    let error = failure.into_error(what);
    if is_denied { error.because(format!("{caller_arn} requires {right}")) } else { error }
}

fn context_facts(chain: &Chain<'_>, name: &str) -> Result<ContextFacts> {
    let merged = chain.kubeconfigs.merged()?;
    ContextFacts::of(&merged.config, name).ok_or_else(|| {
        let names: Vec<&str> = merged.context_names().collect();
        Error::usage(format!("context {name:?} not found in the kubeconfig"))
            .because(format!("available: {}", if names.is_empty() { "none".to_owned() } else { names.join(", ") }))
            .try_next("kubectl config get-contexts")
    })
}
