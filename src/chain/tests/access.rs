use std::rc::Rc;

use super::by_hand::{ByHand, Home, PROFILE};
use crate::chain::Presence;
use crate::error::Kind;
use crate::model::settings::Flags;

const KUBECONFIG: &str = "apiVersion: v1\nkind: Config\ncurrent-context: idp-ns-shop\ncontexts:\n- name: idp-ns-shop\n  context: {cluster: c, user: u}\n";

#[test]
fn an_argument_wins_over_the_environment_and_that_over_the_current_context() {
    let services = Rc::default();
    let home = Home::new("", &[]);
    home.write(".kube/config", KUBECONFIG);
    assert_eq!(home.chain(&services).access(None).expect("named").name.as_str(), "shop");
    let home = Home::new("", &[("NSACCESS_NAMESPACE", "from-env")]);
    home.write(".kube/config", KUBECONFIG);
    let chain = home.chain(&services);
    assert_eq!(chain.access(None).expect("named").name.as_str(), "from-env");
    assert_eq!(chain.access(Some("typed")).expect("named").name.as_str(), "typed");
}

#[test]
fn the_folder_names_it_where_nothing_else_does() {
    let services: Rc<ByHand> = Rc::default();
    let mut home = Home::new("", &[]);
    home.host.current_dir = home.path().join("apps-payments/apps/payments-dev");
    assert_eq!(home.chain(&services).access(None).expect("named").name.as_str(), "payments-dev");
}

#[test]
fn a_person_picks_among_those_that_are_set_up_and_a_program_is_refused() {
    let services = Rc::default();
    let home = Home::new(PROFILE, &[]);
    let refused = home.chain(&services).access(None).expect_err("nothing names it");
    assert_eq!((refused.kind, refused.message.as_str()), (Kind::Usage, "no namespace specified"));
    let chain = home.chain_for(&services, Presence::Person, &Flags::default(), &["idp-dev"]);
    assert_eq!(chain.access(None).expect("picked").name.as_str(), "idp-dev");
}

#[test]
fn what_is_named_must_be_a_name() {
    let home = Home::new("", &[]);
    let refused = home.chain(&Rc::default()).access(Some("Idp_Dev")).expect_err("refused");
    assert_eq!(refused.kind, Kind::Usage);
}
