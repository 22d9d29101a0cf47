//! Calls to AWS that a person at a terminal sees being waited for.

use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use crate::ui::Ui;

/// The same client; while it waits for an answer, the screen says whose.
pub(super) fn watched(client: SharedHttpClient, ui: &Ui, whose: &'static str) -> SharedHttpClient {
    SharedHttpClient::new(Watched { client, ui: ui.clone(), whose })
}

#[derive(Debug)]
struct Watched {
    client: SharedHttpClient,
    ui: Ui,
    whose: &'static str,
}

#[derive(Debug)]
struct WatchedConnector {
    connector: SharedHttpConnector,
    ui: Ui,
    whose: &'static str,
}

impl HttpClient for Watched {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        SharedHttpConnector::new(WatchedConnector { connector, ui: self.ui.clone(), whose: self.whose })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.client.connector_metadata()
    }
}

impl HttpConnector for WatchedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (answer, ui, whose) = (self.connector.call(request), self.ui.clone(), self.whose);
        HttpConnectorFuture::new(async move {
            let _waiting = ui.waiting_for(whose);
            answer.await
        })
    }
}
