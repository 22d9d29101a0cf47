//! Command lines as the AWS CLI, the authenticator, eksctl and people write them.

use kubeconfig_edit::parse;

use super::conversion::{Verdict, convert};
use super::*;

const ROLE: &str = "arn:aws:iam::111122223333:role/dev";

fn read(command: &str, args: &str, env: &[(&str, &str)]) -> Result<Plugin, Reason> {
    let args: Vec<String> = args.split_whitespace().map(str::to_owned).collect();
    let env: Vec<(String, String)> =
        env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    recognise(command, &args, &env)
}

/// The arguments of ours that say the same.
fn ours(command: &str, args: &str, env: &[(&str, &str)]) -> String {
    let plugin = read(command, args, env).unwrap_or_else(|reason| panic!("{command} {args}: {reason}"));
    plugin.own_args(plugin.region.as_deref().unwrap_or("(found elsewhere)")).join(" ")
}

#[test]
fn what_aws_eks_update_kubeconfig_writes() {
    let plain = "--region eu-west-1 eks get-token --cluster-name demo --output json";
    assert_eq!(ours("aws", plain, &[]), "token --cluster-name demo --region eu-west-1");
    // An abbreviation of argparse, and the profile of the command line or the environment.
    let with_role = format!("{plain} --role {ROLE}");
    assert_eq!(
        ours("aws", &with_role, &[("AWS_PROFILE", "corp")]),
        format!("token --cluster-name demo --region eu-west-1 --role-arn {ROLE}")
    );
    assert_eq!(read("aws", &with_role, &[("AWS_PROFILE", "corp")]).expect("known").shown_profile(), Some("corp"));
    let outpost = "--region us-west-2 eks get-token --cluster-id 0f9a --output json";
    assert_eq!(ours("aws", outpost, &[]), "token --cluster-name 0f9a --region us-west-2");
}

#[test]
fn what_eksctl_writes() {
    let regional = ("AWS_STS_REGIONAL_ENDPOINTS", "regional");
    assert_eq!(
        ours("aws", "eks get-token --output json --cluster-name demo --region eu-west-1", &[regional]),
        "token --cluster-name demo --region eu-west-1"
    );
    let env = [regional, ("AWS_DEFAULT_REGION", "eu-west-1"), ("AWS_PROFILE", "corp")];
    assert_eq!(
        ours("aws-iam-authenticator", &format!("token -i demo -r {ROLE}"), &env),
        format!("token --cluster-name demo --region eu-west-1 --role-arn {ROLE}")
    );
    assert_eq!(ours("heptio-authenticator-aws", "token -i demo", &env), "token --cluster-name demo --region eu-west-1");
}

#[test]
fn what_people_write() {
    for (command, args, expected) in [
        (
            "/usr/local/bin/aws",
            "eks get-token --cluster-name=demo --region=r --profile=p",
            "demo --region r --profile p",
        ),
        ("aws2", "eks --profile p get-token --cluster-name demo --region r", "demo --region r --profile p"),
        (
            r"C:\Program Files\Amazon\AWSCLIV2\aws.exe",
            "--region r eks get-token --cluster-name demo",
            "demo --region r",
        ),
        ("aws", "--region a --no-cli-pager eks get-token --cluster-n demo --region b --color off", "demo --region b"),
        (
            "aws",
            "eks get-token --cluster-name d --region r --session-name s --role-arn x",
            "d --region r --role-arn x --session-name s",
        ),
        // Without a role its session has no name.
        ("aws", "eks get-token --cluster-name d --region r --session-name s", "d --region r"),
        (
            "./aws-iam-authenticator",
            "token --cluster-id=d --region r --role x --external-id e --session-name s",
            "d --region r --role-arn x --external-id e --session-name s",
        ),
        (
            "aws-iam-authenticator",
            "-id token -rx -e=e -s s --region r --cache --log-verbosity error",
            "d --region r --role-arn x --external-id e --session-name s",
        ),
        ("aws-iam-authenticator", "token -i d --region r --forward-session-name", "d --region r"),
        (
            "aws-iam-authenticator",
            "token -i d --region r -r x --forward-session-name=false --token-only=false",
            "d --region r --role-arn x",
        ),
    ] {
        assert_eq!(ours(command, args, &[]), format!("token --cluster-name {expected}"), "{command} {args}");
    }
}

#[test]
fn the_environment_of_the_plugin_decides_what_arguments_leave_open() {
    let cli = "eks get-token --cluster-name d";
    let region = [("AWS_DEFAULT_REGION", "b"), ("AWS_REGION", ""), ("AWS_REGION", "x"), ("AWS_REGION", "a")];
    assert_eq!(ours("aws", cli, &region), "token --cluster-name d --region a");
    assert_eq!(ours("aws", &format!("{cli} --region c"), &region), "token --cluster-name d --region c");
    // It stays there, and `token` finds it: keys in the environment go before it, as before.
    assert_eq!(ours("aws", cli, &[("AWS_REGION", "a"), ("AWS_PROFILE", "p")]), "token --cluster-name d --region a");
    // The older name is one that `token` does not know.
    let both = [("AWS_REGION", "a"), ("AWS_PROFILE", "p"), ("AWS_DEFAULT_PROFILE", "q")];
    assert_eq!(ours("aws", cli, &both), "token --cluster-name d --region a --profile q");
    assert_eq!(ours("aws-iam-authenticator", "token -i d", &both), "token --cluster-name d --region a");
    assert_eq!(
        ours(
            "aws-iam-authenticator",
            "token",
            &[("AWS_REGION", "a"), ("KUBERNETES_AWS_AUTHENTICATOR_CLUSTER_ID", "d"), ("DEFAULT_ROLE", "x")]
        ),
        "token --cluster-name d --region a --role-arn x"
    );
}

#[test]
fn what_ours_cannot_do_is_left() {
    let option = |name: &str| Reason::Option(name.to_owned());
    let other = |verb: &str| Reason::OtherVerb(verb.to_owned());
    let wrapper = |name: &str| Reason::Wrapper(name.to_owned());
    let cli = "eks get-token --cluster-name d";
    for (command, args, expected) in [
        ("aws", "--debug eks get-token --cluster-name d", option("--debug")),
        ("aws", "--endpoint-url=http://x eks get-token --cluster-name d", option("--endpoint-url")),
        ("aws", "eks get-token --cluster-name d --no-verify-ssl", option("--no-verify-ssl")),
        ("aws", "eks get-token --cluster-name d --query status", option("--query")),
        ("aws", "eks get-token --cluster d", option("--cluster")),
        ("aws", "eks get-token --r x", option("--r")),
        ("aws", "eks get-token --cluster-name d --cluster-id e", option("--cluster-id beside --cluster-name")),
        ("aws", "eks get-token --region", Reason::NoValue("--region".to_owned())),
        ("aws", "eks get-token --region=", Reason::NoValue("--region".to_owned())),
        ("aws", "eks get-token --region r", Reason::NoCluster),
        ("aws", "ecr get-login-password", other("ecr get-login-password")),
        ("aws", "", other("")),
        ("aws-iam-authenticator", "token -i d -r x --forward-session-name", option("--forward-session-name")),
        ("aws-iam-authenticator", "token -i d --token-only", option("--token-only")),
        ("aws-iam-authenticator", "token -i d --cache=perhaps", option("--cache")),
        ("aws-iam-authenticator", "token -i d -c file", option("-c")),
        ("aws-iam-authenticator", "token -r x", Reason::NoCluster),
        ("aws-iam-authenticator", "verify -i d -t x", option("-t")),
        ("aws-vault", &format!("exec p -- aws {cli}"), wrapper("aws-vault")),
        ("/bin/sh", &format!("-c 'aws\t{cli}'"), wrapper("sh")),
        ("saml2aws", &format!("exec -a p -- /usr/bin/aws {cli}"), wrapper("saml2aws")),
        ("env", "AWS_PROFILE=p aws-iam-authenticator token -i d", wrapper("env")),
        ("kubelogin", "get-token --login azurecli", Reason::OtherPlugin("kubelogin".to_owned())),
        ("gke-gcloud-auth-plugin", "", Reason::OtherPlugin("gke-gcloud-auth-plugin".to_owned())),
    ] {
        assert_eq!(read(command, args, &[]), Err(expected), "{command} {args}");
    }
    let empty = ["eks", "get-token", "--cluster-name", ""].map(str::to_owned);
    assert_eq!(recognise("aws", &empty, &[]), Err(Reason::NoValue("--cluster-name".to_owned())));
}

#[test]
fn ours_is_known_again() {
    for (command, args) in [
        ("aws", "--region r eks get-token --cluster-name d --profile p"),
        ("aws-iam-authenticator", "token -i d --region r -r x -e e -s s"),
    ] {
        let plugin = read(command, args, &[]).expect("known");
        assert_eq!(own_plugin("/opt/nsaccess", &plugin.own_args("r")), Some(plugin));
    }
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let of_namespace = own_plugin("nsaccess.exe", &words("token idp-dev --cluster-name d --region r")).expect("ours");
    assert_eq!((of_namespace.cluster.as_str(), of_namespace.region.as_deref()), ("d", Some("r")));
    let joined = own_plugin("nsaccess", &words("token --cluster-name=d --region=r")).expect("ours");
    assert_eq!((joined.cluster.as_str(), joined.region.as_deref()), ("d", Some("r")));
    assert_eq!(own_plugin("nsaccess", &words("credentials idp-dev")), None);
    assert_eq!(own_plugin("aws", &words("token -i d")), None);
}

const TEXT: &str = "\
clusters:
- name: arn:aws:eks:eu-west-1:111122223333:cluster/demo
  cluster: {server: \"https://127.0.0.1:1\"}
- name: far
  cluster: {server: \"https://K.gr7.us-east-1.eks.amazonaws.com\"}
contexts:
- {name: one, context: {user: of-arn, cluster: \"arn:aws:eks:eu-west-1:111122223333:cluster/demo\"}}
- {name: two, context: {user: of-address, cluster: far}}
- {name: three, context: {user: of-both, cluster: far}}
- {name: four, context: {user: of-both, cluster: \"arn:aws:eks:eu-west-1:111122223333:cluster/demo\"}}
users:
- {name: of-arn, user: {exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: aws, args: [eks, get-token, --cluster-name, demo]}}}
- {name: of-address, user: {exec: {command: aws, args: [eks, get-token, --cluster-name, far]}}}
- {name: of-both, user: {exec: {command: aws, args: [eks, get-token, --cluster-name, far]}}}
- {name: of-none, user: {exec: {command: aws, args: [eks, get-token, --cluster-name, far]}}}
- {name: shared, user: {exec: &e {command: aws, args: [eks, get-token, --cluster-name, far, --region, r]}}}
- {name: sharing, user: {exec: *e}}
- {name: certificate, user: {}}
";

#[test]
fn a_file_is_converted_as_far_as_it_can_be() {
    let config = parse(TEXT).expect("a kubeconfig");
    let users: Vec<_> = config.users.iter().collect();
    let plan = convert(TEXT, &config, &users, "/opt/nsaccess");
    let verdicts: Vec<String> = plan
        .outcomes
        .iter()
        .map(|outcome| match &outcome.result {
            Verdict::Changed(change) => format!("{} {}", change.after.api_version, change.after.words()),
            Verdict::Right | Verdict::Gone => "right".to_owned(),
            Verdict::Left(reason) => reason.to_string(),
        })
        .collect();
    assert_eq!(
        verdicts,
        [
            "client.authentication.k8s.io/v1beta1 /opt/nsaccess token --cluster-name demo --region eu-west-1",
            " /opt/nsaccess token --cluster-name far --region us-east-1",
            "its contexts lead to several regions (eu-west-1, us-east-1), and its arguments name none",
            "neither its arguments and env nor the cluster's name and address say the region",
            "line 17, column 32: this alias refers to what `shared` is, or would become, a part of; write it out here",
            "line 17, column 32: this is an alias (`*name`) of something written elsewhere; write it out here",
            "it has no credential plugin",
        ]
    );
    let again = convert(&plan.text, &parse(&plan.text).expect("a kubeconfig"), &users[..0], "");
    assert_eq!(again.text, plan.text);
    let now = parse(&plan.text).expect("a kubeconfig");
    let plan = convert(&plan.text, &now, &[&now.users[0]], "/elsewhere/nsaccess");
    assert_eq!(plan.outcomes[0].result, Verdict::Right);
}

#[test]
fn the_profile_of_the_environment_is_told_after_a_conversion_too() {
    let text = "apiVersion: v1\nusers:\n- name: a\n  user:\n    exec:\n      command: aws\n      args: [eks, get-token, --cluster-name, d, --region, eu-west-1]\n      env: [{name: AWS_PROFILE, value: team}]\n";
    let profile = |text: &str| {
        let config = parse(text).expect("a kubeconfig");
        let plan = convert(text, &config, &[&config.users[0]], "nsaccess");
        let plugin = plan.outcomes[0].plugin.clone().expect("a plugin");
        (plan.text, plugin.profile, plugin.profile_of_env.as_deref().map(str::to_owned))
    };
    let (converted, ..) = profile(text);
    assert_eq!(profile(text), (converted.clone(), None, Some("team".to_owned())));
    assert_ne!(converted, text);
    assert_eq!(profile(&converted), (converted.clone(), None, Some("team".to_owned())));
}
