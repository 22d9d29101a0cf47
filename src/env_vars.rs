//! Every environment variable that nsaccess reads, in one place. `docs/files.md` repeats this list for people.

/// Settings are in `$XDG_CONFIG_HOME/nsaccess`, by default `~/.config/nsaccess`.
pub(crate) const XDG_CONFIG_HOME: &str = "XDG_CONFIG_HOME";
/// The cache is in `$XDG_CACHE_HOME/nsaccess`, by default `~/.cache/nsaccess`.
pub(crate) const XDG_CACHE_HOME: &str = "XDG_CACHE_HOME";

/// The organisation's settings file; empty for none.
pub(crate) const NSACCESS_SYSTEM_CONFIG: &str = "NSACCESS_SYSTEM_CONFIG";
/// Where Windows has the settings of all users.
pub(crate) const PROGRAMDATA: &str = "PROGRAMDATA";

/// The namespace, unless a flag names it.
pub(crate) const NSACCESS_NAMESPACE: &str = "NSACCESS_NAMESPACE";
/// The namespace of the surrounding `shell` or `exec`. They refuse to run inside each other.
pub(crate) const NSACCESS_INSIDE: &str = "NSACCESS_INSIDE";
/// Set in a shell in which the cluster is only read: what would change it is refused.
pub(crate) const NSACCESS_READ_ONLY: &str = "NSACCESS_READ_ONLY";
/// How many seconds completion waits for the cluster or AWS.
pub(crate) const NSACCESS_COMPLETION_LIMIT: &str = "NSACCESS_COMPLETION_LIMIT";
/// Setting `start_url`.
pub(crate) const NSACCESS_START_URL: &str = "NSACCESS_START_URL";
/// Setting `sso_region`.
pub(crate) const NSACCESS_SSO_REGION: &str = "NSACCESS_SSO_REGION";
/// Setting `regions`, separated by commas.
pub(crate) const NSACCESS_REGIONS: &str = "NSACCESS_REGIONS";
/// Setting `flow`: `device` or `browser`.
pub(crate) const NSACCESS_FLOW: &str = "NSACCESS_FLOW";
/// Setting `account` of the namespace in use.
pub(crate) const NSACCESS_ACCOUNT: &str = "NSACCESS_ACCOUNT";
/// Setting `role` of the namespace in use.
pub(crate) const NSACCESS_ROLE: &str = "NSACCESS_ROLE";
/// Setting `cluster` of the namespace in use.
pub(crate) const NSACCESS_CLUSTER: &str = "NSACCESS_CLUSTER";
/// Setting `region` of the namespace in use.
pub(crate) const NSACCESS_REGION: &str = "NSACCESS_REGION";

/// The AWS CLI's configuration file, by default `~/.aws/config`.
pub(crate) const AWS_CONFIG_FILE: &str = "AWS_CONFIG_FILE";
/// The AWS CLI's credentials file, by default `~/.aws/credentials`.
pub(crate) const AWS_SHARED_CREDENTIALS_FILE: &str = "AWS_SHARED_CREDENTIALS_FILE";
/// A bundle of certificate authorities to trust besides the system's, or besides those of the next two.
pub(crate) const AWS_CA_BUNDLE: &str = "AWS_CA_BUNDLE";
/// A bundle of certificate authorities to trust instead of the system's.
pub(crate) const SSL_CERT_FILE: &str = "SSL_CERT_FILE";
/// Folders of certificate authorities to trust instead of the system's.
pub(crate) const SSL_CERT_DIR: &str = "SSL_CERT_DIR";
/// Endpoint of every AWS service (never part of an EKS token).
pub(crate) const AWS_ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";
/// Region for `token --cluster-name`, unless a flag names it.
pub(crate) const AWS_REGION: &str = "AWS_REGION";
/// Older name of the same.
pub(crate) const AWS_DEFAULT_REGION: &str = "AWS_DEFAULT_REGION";
/// Profile for `token --cluster-name`.
pub(crate) const AWS_PROFILE: &str = "AWS_PROFILE";
/// Older name of the same, which the AWS CLI looks for first; `doctor` tells.
pub(crate) const AWS_DEFAULT_PROFILE: &str = "AWS_DEFAULT_PROFILE";
/// Ambient credentials, used by `token --cluster-name` only.
pub(crate) const AWS_ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
/// Ambient credentials, used by `token --cluster-name` only.
pub(crate) const AWS_SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
/// Ambient credentials, used by `token --cluster-name` only.
pub(crate) const AWS_SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
/// When the ambient credentials expire.
pub(crate) const AWS_CREDENTIAL_EXPIRATION: &str = "AWS_CREDENTIAL_EXPIRATION";
/// A file with a token of a web identity, as in a pod: a role is assumed with it.
pub(crate) const AWS_WEB_IDENTITY_TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
/// The role that is assumed with it.
pub(crate) const AWS_ROLE_ARN: &str = "AWS_ROLE_ARN";
/// Where a container's credentials are: EKS Pod Identity, ECS.
pub(crate) const AWS_CONTAINER_CREDENTIALS_FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
/// The same, below the address of ECS.
pub(crate) const AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";

/// The user who called sudo.
#[cfg(unix)]
pub(crate) const SUDO_UID: &str = "SUDO_UID";

/// kubectl's list of kubeconfig files.
pub(crate) const KUBECONFIG: &str = "KUBECONFIG";
/// kubectl's own settings, which `doctor` reads: by default `~/.kube/kuberc`.
pub(crate) const KUBERC: &str = "KUBERC";
/// Where kubectl keeps what it knows of clusters. A read-only shell has a place of its own.
pub(crate) const KUBECACHEDIR: &str = "KUBECACHEDIR";
/// What kubectl passes to credential plugins.
pub(crate) const KUBERNETES_EXEC_INFO: &str = "KUBERNETES_EXEC_INFO";

/// Proxies, with client-go's rules; the lower-case names are read too.
pub(crate) const HTTPS_PROXY: &str = "HTTPS_PROXY";
/// Proxy for `http://` addresses.
pub(crate) const HTTP_PROXY: &str = "HTTP_PROXY";
/// Hosts that are reached without a proxy.
pub(crate) const NO_PROXY: &str = "NO_PROXY";

/// The browser to open. Other command-line tools read it too.
pub(crate) const BROWSER: &str = "BROWSER";
/// An X display: a browser can be opened.
pub(crate) const DISPLAY: &str = "DISPLAY";
/// A Wayland display: a browser can be opened.
pub(crate) const WAYLAND_DISPLAY: &str = "WAYLAND_DISPLAY";
/// Set on an SSH connection.
pub(crate) const SSH_CONNECTION: &str = "SSH_CONNECTION";
/// Set on an SSH terminal.
pub(crate) const SSH_TTY: &str = "SSH_TTY";
/// Any value but the empty one disables colour (<https://no-color.org>).
pub(crate) const NO_COLOR: &str = "NO_COLOR";
/// `0`: no colour.
pub(crate) const CLICOLOR: &str = "CLICOLOR";
/// Anything but `0`: colour also where there is no terminal.
pub(crate) const CLICOLOR_FORCE: &str = "CLICOLOR_FORCE";
/// `dumb` disables colour and the spinner.
pub(crate) const TERM: &str = "TERM";
/// The user's shell: to start it, and to choose how `credentials --export` prints.
pub(crate) const SHELL: &str = "SHELL";
/// The folder of zsh's startup files, by default the home folder.
pub(crate) const ZDOTDIR: &str = "ZDOTDIR";

/// The time zone: its name, its file or its rules.
pub(crate) const TZ: &str = "TZ";
/// Where the time zones are.
pub(crate) const TZDIR: &str = "TZDIR";

/// The user's name, which a shared report of `doctor` does not have.
pub(crate) const USER: &str = "USER";
/// The same on other systems.
pub(crate) const LOGNAME: &str = "LOGNAME";
/// The machine's name, which a shared report does not have either.
pub(crate) const HOSTNAME: &str = "HOSTNAME";
