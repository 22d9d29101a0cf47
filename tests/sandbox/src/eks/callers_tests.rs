//! Tests of who may look at clusters.

use super::testing::{ACCOUNT, REGION, get, read};
use super::*;
use crate::iam::{Role, User};
use crate::random::Random;
use crate::{Credentials, World};

fn of_role(name: &str) -> Credentials {
    let role = Some(Role::new(ACCOUNT, name).arn());
    Credentials { role, ..Credentials::mint(&Random::new(), ACCOUNT, name, ("ada", ""), i64::MAX) }
}

fn of_user(name: &str) -> Credentials {
    Credentials::of_user(&Random::new(), &User::new(ACCOUNT, name))
}

#[test]
fn a_role_or_a_user_looks_at_clusters_by_its_own_policy() {
    let statement = json!({"Effect": "Allow", "Action": ["eks:DescribeCluster", "eks:ListClusters"], "Resource":
        ["arn:aws:eks:eu-west-1:111122223333:cluster/idp-nonprod-1", "arn:aws:eks:eu-west-1:111122223333:cluster/*"]});
    let mut state = State::new(World::default());
    state.world.roles.extend([Role::new(ACCOUNT, "devs").allowing(statement.clone()), Role::new(ACCOUNT, "nobody")]);
    state.world.users.extend([User::new(ACCOUNT, "ada").allowing(statement), User::new(ACCOUNT, "bob")]);
    for (credentials, expected) in
        [(of_role("devs"), Ok(())), (of_user("ada"), Ok(())), (of_role("nobody"), Err(())), (of_user("bob"), Err(()))]
    {
        let arn = credentials.caller_arn();
        let caller = Caller { credentials, region: REGION.to_owned() };
        let described = read(describe(&state, &caller, &get("/clusters/idp-nonprod-1", "")));
        let listed = read(list(&state, &caller, &get("/clusters", "")));
        assert_eq!(
            listed.as_ref().map(|list| list["clusters"][0].clone()).map_err(drop),
            expected.map(|()| json!("idp-nonprod-1"))
        );
        match (described, expected) {
            (Ok(answer), Ok(())) => assert_eq!(answer["cluster"]["name"], "idp-nonprod-1"),
            (Err((403, code, message)), Err(())) => {
                let words = format!("User: {arn} is not authorized to perform: eks:DescribeCluster on resource: ");
                assert!(code == "AccessDeniedException" && message.starts_with(&words), "{message}");
            }
            (other, _) => panic!("{other:?}"),
        }
    }
}
