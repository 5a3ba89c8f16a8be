//! What a plugin may reach besides the facts. It must not decide whether it may: that is consent's, before any of this
//! is made.

use std::fmt;

use super::work_tree::ReadGrant;

/// What one plugin's sandbox is opened for.
#[derive(Clone)]
pub struct Access {
    pub read: ReadGrant,
    /// `host` or `host:port`, as the configuration's `allow.http` has them.
    pub http: Vec<String>,
    /// Variables that are handed over, each with its value. The values are secrets.
    pub env: Vec<(String, String)>,
    /// Those that it was given and that are not set here.
    pub env_unset: Vec<String>,
}

impl Access {
    /// What a bundled component has without asking: the work tree, no network, no variables.
    pub fn bundled() -> Self {
        Self {
            read: ReadGrant::WorkTree,
            http: Vec::new(),
            env: Vec::new(),
            env_unset: Vec::new(),
        }
    }

    /// What such a plugin says takes as long as its network: a brief does not wait for it.
    pub fn reaches_network(&self) -> bool {
        !self.http.is_empty()
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variables: Vec<&str> = self.env.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Access")
            .field("read", &self.read)
            .field("http", &self.http)
            .field("env", &variables)
            .finish()
    }
}
