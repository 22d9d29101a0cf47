//! What AWS answers, by hand.

use super::*;

impl Services for ByHand {
    fn register<'a>(&'a self, _: &'a Portal, _: Grant) -> Answer<'a, NewRegistration> {
        let number = self.count("register");
        Self::answer(Ok(NewRegistration {
            client_id: format!("client {number}"),
            client_secret: Secret::from("secret"),
            expires_at: now() + SignedDuration::from_hours(24 * 90),
        }))
    }

    fn start_device<'a>(&'a self, _: &'a Portal, client: &'a NewRegistration) -> Answer<'a, DeviceAuthorization> {
        self.count("start_device");
        Self::answer(match self.unknown_clients.contains(&client.client_id) {
            true => Err(Failure { code: Some("InvalidClientException".into()), ..failure(Class::Unauthorized) }),
            false => Ok(DeviceAuthorization::for_test("ABCD-EFGH", "https://corp.awsapps.com/device")),
        })
    }

    fn poll_device<'a>(
        &'a self,
        _: &'a Portal,
        _: &'a NewRegistration,
        _: &'a DeviceAuthorization,
    ) -> Answer<'a, NewToken, device_flow::PollAnswer> {
        let token = self.new_token();
        async move { Ok(token) }.boxed_local()
    }

    fn authorize_endpoint(&self, _: &Portal) -> String {
        "https://oidc.example".into()
    }

    fn exchange_code<'a>(
        &'a self,
        _: &'a Portal,
        _: &'a NewRegistration,
        _: (&'a Secret<String>, &'a Secret<String>, &'a str),
    ) -> Answer<'a, NewToken> {
        Self::answer(Ok(self.new_token()))
    }

    fn refresh<'a>(&'a self, _: &'a Portal, _: &'a Refresh) -> Answer<'a, NewToken> {
        self.count("refresh");
        Self::answer(self.refresh_fails.map_or_else(|| Ok(self.new_token()), |class| Err(failure(class))))
    }

    fn end_session<'a>(&'a self, _: &'a Portal, _: &'a Secret<String>) -> Answer<'a, ()> {
        Self::answer(Ok(()))
    }

    fn assignments<'a>(
        &'a self,
        _: &'a Portal,
        token: &'a Secret<String>,
        progress: &'a dyn Fn(usize, usize),
    ) -> Answer<'a, Vec<Assignment>> {
        self.count("assignments");
        progress(1, 1);
        Self::answer(match self.refused_tokens.borrow().contains(token.expose()) {
            true => Err(failure(Class::Unauthorized)),
            false => Ok(self.assignments.clone()),
        })
    }

    fn role_credentials<'a>(
        &'a self,
        _: &'a Portal,
        _: (&'a str, &'a str),
        token: &'a Secret<String>,
    ) -> Answer<'a, RoleCredentials> {
        let number = self.count("role_credentials");
        if let Some(meanwhile) = self.meanwhile.take() {
            (meanwhile.0)();
        }
        if self.refused_tokens.borrow().contains(token.expose()) {
            return Self::answer(Err(failure(Class::Unauthorized)));
        }
        Self::answer(match self.role_fails {
            Some(class) => Err(failure(class)),
            None => Ok(keys(&format!("KEY{number}"), 60)),
        })
    }

    fn assume_role<'a>(&'a self, keys: &'a AccessKeys, request: RoleSessionRequest<'a>) -> Answer<'a, AssumedSession> {
        let number = self.count("assume_role");
        self.assumed.borrow_mut().push(Assumed::of(keys, &request));
        if let Some(meanwhile) = self.meanwhile.take() {
            (meanwhile.0)();
        }
        let refused = self.assume_fails.borrow().clone();
        Self::answer(self.check(keys, "").and_then(|()| refused.map_or(Ok(()), Err)).map(|()| AssumedSession {
            credentials: self::keys(&format!("ROLE{number}"), 60),
            arn: format!("{}/{}", request.role_arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/"), "x"),
            id: "AROAEXAMPLE:x".into(),
        }))
    }

    fn session_token<'a>(&'a self, _: &'a AccessKeys, _: &'a str) -> Answer<'a, RoleCredentials> {
        let number = self.count("session_token");
        if let Some(meanwhile) = self.meanwhile.take() {
            (meanwhile.0)();
        }
        Self::answer(Ok(keys(&format!("SESSION{number}"), 720)))
    }

    fn caller_arn<'a>(&'a self, keys: &'a AccessKeys, _: &'a str) -> Answer<'a, String> {
        self.count("caller_arn");
        let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_idp-ns-idp-dev_0123456789abcdef/ada");
        Self::answer(self.check(keys, "").map(|()| arn))
    }

    fn cluster_names<'a>(&'a self, keys: &'a AccessKeys, region: &'a str) -> Answer<'a, Vec<String>> {
        self.count("cluster_names");
        let there = self.clusters.iter().map(|(cluster, _)| cluster).filter(|cluster| cluster.region == region);
        let names = there.map(|cluster| cluster.name.clone()).collect();
        let allowed = self.list_fails.map_or(Ok(()), |class| Err(failure(class)));
        Self::answer(self.check(keys, region).and(allowed).map(|()| names))
    }

    fn describe_cluster<'a>(
        &'a self,
        keys: &'a AccessKeys,
        region: &'a str,
        name: &'a str,
    ) -> Answer<'a, ClusterDescription> {
        self.count("describe_cluster");
        let is_it = |cluster: &&Cluster| cluster.region == region && cluster.name == name;
        let found = self.clusters.iter().map(|(cluster, _)| cluster).find(is_it).cloned();
        let described = found.map(|cluster| ClusterDescription {
            cluster,
            status: "ACTIVE".into(),
            details: ClusterDetails::default(),
        });
        Self::answer(self.check(keys, region).and_then(|()| described.ok_or_else(|| failure(Class::NotFound))))
    }

    fn may_get_pods<'a>(
        &'a self,
        cluster: &'a Cluster,
        _: Option<Proxy>,
        _: Secret<String>,
        _: &'a str,
    ) -> Answer<'a, Verdict, String> {
        self.count("may_get_pods");
        let verdict = self.clusters.iter().find(|(known, _)| known == cluster).and_then(|(_, verdict)| verdict.clone());
        async move { verdict.ok_or_else(|| "not reached".to_owned()) }.boxed_local()
    }
}
