//! Who commits: the user as git knows them, or `session` itself where git knows nobody. It must not ask.

use anyhow::Context as _;

use super::commits::Person;
use super::repository::Repository;
use crate::environment::Timestamp;

impl Repository {
    /// `user.name` and `user.email`, if both are set.
    pub fn identity(&self) -> Option<Person> {
        let config = self.inner.config().ok()?;
        let value = |name: &str| {
            config
                .get_string(name)
                .ok()
                .filter(|text| !text.trim().is_empty())
        };
        Some(Person {
            name: value("user.name")?,
            email: value("user.email")?,
        })
    }

    /// A record must be possible where `user.name` is absent, so ours stands in.
    pub(super) fn signature(&self, time: Timestamp) -> anyhow::Result<git2::Signature<'static>> {
        let when = git2::Time::new(time.timestamp(), 0);
        if let Some(person) = self.identity()
            && let Ok(signature) = git2::Signature::new(&person.name, &person.email, &when)
        {
            return Ok(signature);
        }
        git2::Signature::new("session", "session@localhost", &when)
            .context("failed to make a signature")
    }
}
