//! What third-party plugins cost: warm ones by their number, a component's compilation and its loading, and how far past
//! its limit a plugin gets. It must not know what any of them does.

use std::path::{Path, PathBuf};

use sha2::Digest as _;

use crate::Failure;
use crate::fixture::{Fixture, PastSessions};
use crate::measure::{Contender, World, in_turn, prepare};
use crate::plan::Group;

pub const WARM: &str = "warm plugins";
pub const LIMIT: &str = "time limit";
pub const LIMIT_MILLIS: u64 = 100;
pub const COUNTS: [usize; 4] = [1, 5, 20, 64];

const FILES: usize = 700;

/// A repository whose configurations are files beside it.
struct Place {
    fixture: Fixture,
    configurations: PathBuf,
}

/// A plugin of one configuration: name, component below `tools/`, what else its entry says.
struct Entry {
    name: String,
    file: String,
    rest: String,
    /// What of the rest has to be named to agree to it.
    named: &'static [&'static str],
}

pub fn measure(
    world: &World,
    rounds: usize,
    components: &[PathBuf],
) -> Result<Vec<Group>, Failure> {
    let mut files = vec![("small".to_owned(), session_guests::MISBEHAVING.to_vec())];
    for component in components {
        let stem = component.file_stem().ok_or("a component is a file")?;
        files.push((
            stem.to_string_lossy().replace(['_', '.'], "-"),
            std::fs::read(component)?,
        ));
    }
    let place = Place::make(world, &files)?;
    let mut groups = vec![
        place.warm(world, rounds)?,
        place.limit(world, rounds.div_ceil(3))?,
    ];
    for (name, bytes) in &files {
        groups.push(place.compile(world, name, bytes.len(), rounds.div_ceil(8).max(3))?);
    }
    Ok(groups)
}

impl Place {
    fn make(world: &World, files: &[(String, Vec<u8>)]) -> Result<Self, Failure> {
        let fixture = Fixture::make(world, "plugins", FILES, PastSessions::Packed(100))?;
        let tools = fixture.path.join("tools");
        std::fs::create_dir(&tools)?;
        for (name, bytes) in files {
            std::fs::write(tools.join(name).with_extension("wasm"), bytes)?;
        }
        prepare(world.git(&fixture.path, &["add", "tools"]))?;
        prepare(world.git(
            &fixture.path,
            &["commit", "--quiet", "-m", "Add components"],
        ))?;
        let configurations = world.root.join("configurations");
        std::fs::create_dir(&configurations)?;
        Ok(Self {
            fixture,
            configurations,
        })
    }

    /// Writes a configuration with these plugins and nothing else, and agrees to them.
    fn configure(&self, world: &World, name: &str, entries: &[Entry]) -> Result<PathBuf, Failure> {
        let file = self.configurations.join(name).with_extension("yaml");
        let mut text = "plugins:\n  context-manager: { enabled: false }\n".to_owned();
        for entry in entries {
            let path = self.fixture.path.join("tools").join(&entry.file);
            let digest = digest(&path)?;
            text.push_str(&format!(
                "  {}: {{ source: ./tools/{}, sha256: {digest}{} }}\n",
                entry.name, entry.file, entry.rest
            ));
        }
        std::fs::write(&file, text)?;
        for entry in entries {
            let digest = digest(&self.fixture.path.join("tools").join(&entry.file))?;
            let mut arguments = vec![
                "plugin",
                "trust",
                &entry.name,
                "--sha256",
                &digest,
                "--no-input",
            ];
            arguments.extend_from_slice(entry.named);
            let mut trust = world.session(&self.fixture.path, &arguments);
            trust.env("SESSION_CONFIG", &file);
            prepare(trust)?;
        }
        Ok(file)
    }

    fn brief<'a>(
        &'a self,
        world: &'a World,
        label: String,
        configuration: PathBuf,
    ) -> Contender<'a> {
        Contender::new(label, move || {
            let mut command = world.session(&self.fixture.path, &["brief"]);
            command.env("SESSION_CONFIG", &configuration);
            command
        })
    }

    fn warm(&self, world: &World, rounds: usize) -> Result<Group, Failure> {
        let none = self.configure(world, "none", &[])?;
        let mut contenders = vec![self.brief(world, "session brief, no plugin".into(), none)];
        for count in COUNTS {
            let entries: Vec<Entry> = (1..=count)
                .map(|number| small(&format!("p{number}")))
                .collect();
            let configuration = self.configure(world, &format!("warm-{count}"), &entries)?;
            let label = format!("session brief, {count} plugins");
            contenders.push(self.brief(world, label, configuration));
        }
        Ok(Group {
            title: WARM.to_owned(),
            samples: in_turn(contenders, rounds)?,
            targets: Vec::new(),
        })
    }

    fn limit(&self, world: &World, rounds: usize) -> Result<Group, Failure> {
        let none = self.configure(world, "none", &[])?;
        let looping = Entry {
            rest: format!(", config: loop, limits: {{ time: {LIMIT_MILLIS}ms }}"),
            ..small("looping")
        };
        let looping = self.configure(world, "looping", &[looping])?;
        let contenders = vec![
            self.brief(world, "session brief, no plugin".into(), none),
            self.brief(
                world,
                format!("session brief, a plugin that loops ({LIMIT_MILLIS} ms)"),
                looping,
            ),
        ];
        Ok(Group {
            title: LIMIT.to_owned(),
            samples: in_turn(contenders, rounds)?,
            targets: Vec::new(),
        })
    }

    /// Without the plugin, with its artifact in the cache, and without.
    fn compile(
        &self,
        world: &World,
        name: &str,
        bytes: usize,
        rounds: usize,
    ) -> Result<Group, Failure> {
        let none = self.configure(world, "none", &[])?;
        let entry = Entry {
            name: "measured".to_owned(),
            file: format!("{name}.wasm"),
            rest: ", limits: { time: 10s, memory: 512MiB }".to_owned(),
            named: &["--grant=limit:time=10s", "--grant=limit:memory=512MiB"],
        };
        let with = self.configure(world, &format!("compile-{name}"), &[entry])?;
        let cold = self.brief(
            world,
            "session brief, component not compiled".into(),
            with.clone(),
        );
        let cold = cold.before(|| Ok(std::fs::remove_dir_all(world.cache().join("plugins"))?));
        let contenders = vec![
            self.brief(world, "session brief, no plugin".into(), none),
            self.brief(world, "session brief, component in the cache".into(), with),
            cold,
        ];
        Ok(Group {
            title: format!("a component of {} kB ({name})", bytes / 1000),
            samples: in_turn(contenders, rounds)?,
            targets: Vec::new(),
        })
    }
}

fn small(name: &str) -> Entry {
    Entry {
        name: name.to_owned(),
        file: "small.wasm".to_owned(),
        rest: String::new(),
        named: &[],
    }
}

fn digest(path: &Path) -> Result<String, Failure> {
    let digest = sha2::Sha256::digest(std::fs::read(path)?);
    Ok(data_encoding::HEXLOWER.encode(&digest))
}
