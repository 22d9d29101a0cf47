use super::*;
use crate::World;
use crate::credentials::role_name;

const ACCOUNT: &str = "111122223333";
const NAME: &str = "idp-ns-idp-dev";

fn caller(permission_set: &str) -> Caller {
    let session = ("ada@example.com", "eu-west-1");
    let random = crate::random::Random::new();
    let credentials = crate::Credentials::mint(&random, ACCOUNT, permission_set, session, i64::MAX);
    Caller { credentials, region: "us-east-1".to_owned() }
}

fn asked(state: &State, role: &str) -> Result<String, Refused> {
    get_role(state, &caller("ReadOnly"), role)
}

fn text<'xml>(xml: &'xml str, name: &str) -> &'xml str {
    let (_, rest) = xml.split_once(&format!("<{name}>")).expect(name);
    rest.split_once(&format!("</{name}>")).expect(name).0
}

#[test]
fn the_role_of_a_permission_set_is_the_one_that_its_credentials_are_of() {
    let mut state = State::new(World::default());
    let credentials = caller(NAME).credentials;
    let shown = asked(&state, &credentials.role_name()).expect("a role");
    assert_eq!(text(&shown, "Arn"), credentials.role_path_arn());
    assert_eq!(text(&shown, "RoleId"), credentials.role_id());
    assert_eq!(text(&shown, "Path"), "/aws-reserved/sso.amazonaws.com/eu-west-1/");
    assert_eq!(text(&shown, "CreateDate"), "2025-09-01T00:00:00Z");
    assert!(text(&shown, "AssumeRolePolicyDocument").starts_with("%7B%22Version%22"));
    let again = ReservedRole { suffix: credentials.suffix.clone(), generation: 1, created: reserved::CREATED + 60 };
    state.reserved_roles.insert((ACCOUNT.to_owned(), NAME.to_owned()), again);
    let again = asked(&state, &credentials.role_name()).expect("a role");
    assert_eq!((text(&again, "Arn"), text(&again, "CreateDate")), (text(&shown, "Arn"), "2025-09-01T00:01:00Z"));
    assert_ne!(text(&again, "RoleId"), text(&shown, "RoleId"));
}

#[test]
fn other_roles_are_shown_too() {
    let state = State::new(World::default());
    let role = state.world.roles.iter().find(|role| role.account == ACCOUNT).expect("a role");
    assert_eq!(text(&asked(&state, &role.name).expect("a role"), "Arn"), role.arn());
}

#[test]
fn refusals_have_iams_words() {
    let state = State::new(World::default());
    let none = "AWSReservedSSO_gone_0123456789abcdef";
    let message = format!("The role with name {none} cannot be found.");
    assert_eq!(asked(&state, none), Err((404, "NoSuchEntity", message)));
    assert_eq!(asked(&state, "a/b").expect_err("no name").1, "ValidationError");
    let name = role_name(ACCOUNT, NAME);
    let message = format!(
        "User: arn:aws:sts::{ACCOUNT}:assumed-role/{name}/ada@example.com is not authorized to perform: iam:GetRole on \
         resource: role {name} because no identity-based policy allows the iam:GetRole action"
    );
    assert_eq!(get_role(&state, &caller(NAME), &name), Err((403, "AccessDenied", message)));
}

fn listed(state: &State, pairs: &[(&str, &str)]) -> Result<String, Refused> {
    let pairs: Vec<(String, String)> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    list_roles::list_roles(state, &caller("ReadOnly"), &pairs)
}

#[test]
fn roles_are_listed_in_pages_and_by_path() {
    let mut state = State::new(World::default());
    let everything = listed(&state, &[]).expect("a list");
    let names: Vec<&str> = everything.split("<RoleName>").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
    assert!(names.contains(&"idp-demo-billing") && names.contains(&role_name(ACCOUNT, NAME).as_str()));
    assert!(names.is_sorted() && text(&everything, "IsTruncated") == "false" && !everything.contains("<Marker>"));
    let (mut pages, mut marker) = (Vec::new(), None);
    loop {
        let mut pairs = vec![("MaxItems", "3")];
        pairs.extend(marker.as_deref().map(|marker| ("Marker", marker)));
        let page = listed(&state, &pairs).expect("a page");
        pages.extend(page.split("<RoleName>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()));
        if text(&page, "IsTruncated") == "false" {
            break;
        }
        marker = Some(text(&page, "Marker").to_owned());
    }
    assert_eq!(pages, names);
    let reserved = "/aws-reserved/sso.amazonaws.com/";
    let sets = |state: &State| listed(state, &[("PathPrefix", reserved)]).expect("a list").matches("<member>").count();
    assert_eq!(sets(&state), 4);
    let again = reserved::of(&state.reserved_roles, ACCOUNT, "AdministratorAccess");
    state.reserved_roles.insert((ACCOUNT.to_owned(), "AdministratorAccess".to_owned()), again);
    assert_eq!(sets(&state), 5, "a provisioned permission set has a role too");
    assert_eq!(listed(&state, &[("PathPrefix", "x")]).expect_err("no path").1, "ValidationError");
    assert_eq!(listed(&state, &[("MaxItems", "0")]).expect_err("no size").1, "ValidationError");
    state.deny_action("*", "iam:ListRoles");
    let (_, code, message) = listed(&state, &[("PathPrefix", reserved)]).expect_err("no right");
    assert_eq!(code, "AccessDenied");
    assert!(message.contains(&format!("iam:ListRoles on resource: arn:aws:iam::{ACCOUNT}:role{reserved} because")));
}

#[test]
fn a_user_is_found_by_name_or_is_the_caller() {
    let mut state = State::new(World::default());
    let everything = json!({"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"});
    let user = super::super::User::new(ACCOUNT, "deployer").allowing(everything);
    let credentials = crate::Credentials::of_user(&crate::random::Random::new(), &user);
    state.world.users.push(user);
    let own = Caller { credentials, region: "us-east-1".to_owned() };
    let shown = get_user::get_user(&state, &own, None).expect("a user");
    assert_eq!(text(&shown, "Arn"), format!("arn:aws:iam::{ACCOUNT}:user/deployer"));
    assert_eq!(text(&shown, "UserId"), own.credentials.principal_id());
    assert_eq!(get_user::get_user(&state, &own, Some("Deployer")), Ok(shown));
    let message = "The user with name none cannot be found.".to_owned();
    assert_eq!(get_user::get_user(&state, &own, Some("none")), Err((404, "NoSuchEntity", message)));
    assert_eq!(get_user::get_user(&state, &caller("ReadOnly"), None).expect_err("no user").1, "ValidationError");
}
