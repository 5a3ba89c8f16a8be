//! Installing from a real OCI registry, Debian's `docker-registry`. Where that program is missing the test says so; it
//! must not pretend to be one.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use oci_client::client::{ClientConfig, ClientProtocol, Config, ImageLayer};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};

use super::component::{sha256, version_1, version_2};
use super::{CONFIG, project, refused, stored, with_entry};
use crate::common::TestEnv;

const PROGRAM: &str = "docker-registry";

struct Registry {
    server: Child,
    port: u16,
    /// Of who pushes.
    login: RegistryAuth,
}

impl Registry {
    /// None where the program is not installed. `more` is added to its configuration.
    fn start(directory: &Path, more: &str) -> Option<Self> {
        let config = directory.join("registry.yml");
        let text = format!(
            "version: 0.1\nlog: {{ level: info }}\nstorage:\n  filesystem: {{ rootdirectory: {} }}\nhttp: {{ addr: \"127.0.0.1:0\" }}\n{more}",
            directory.join("registry").display()
        );
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new(PROGRAM);
        command.arg("serve").arg(config);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut server = match command.spawn() {
            Ok(server) => server,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => panic!("{PROGRAM}: {error}"),
        };
        let mut log = BufReader::new(server.stderr.take().unwrap());
        let mut line = String::new();
        // It chooses a port that is free, and says which.
        let port = loop {
            line.clear();
            let length = log.read_line(&mut line).unwrap();
            assert!(length > 0, "{PROGRAM} ended");
            if let Some((_, rest)) = line.split_once("listening on 127.0.0.1:") {
                let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                break digits.parse().unwrap();
            }
        };
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Some(Self {
            server,
            port,
            login: RegistryAuth::Anonymous,
        })
    }

    fn address(&self, rest: &str) -> String {
        format!("oci://localhost:{}/{rest}", self.port)
    }

    /// As `wkg oci push` does it.
    fn push(&self, rest: &str, component: Vec<u8>, media_type: &str) {
        let config = format!(
            r#"{{"created":"2026-11-22T10:00:00Z","architecture":"wasm","os":"wasip2","layerDigests":["sha256:{}"],"component":{{"exports":[],"imports":[]}}}}"#,
            sha256(&component)
        );
        let config = Config::new(
            config.into_bytes(),
            "application/vnd.wasm.config.v0+json".to_owned(),
            None,
        );
        let layers = [ImageLayer::new(component, media_type.to_owned(), None)];
        let reference: Reference = format!("localhost:{}/{rest}", self.port).parse().unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::new(ClientConfig {
            protocol: ClientProtocol::Http,
            ..ClientConfig::default()
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let pushed = client.push(&reference, &layers, config, &self.login, None);
        runtime.block_on(pushed).unwrap();
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

const WASM: &str = "application/wasm";

#[test]
fn a_component_comes_from_a_registry() {
    let env = TestEnv::new();
    let repository = project(&env);
    let Some(registry) = Registry::start(env.root(), "") else {
        return not_installed();
    };
    registry.push("acme/notes:1", version_1(), WASM);
    env.set("HTTP_PROXY", "http://127.0.0.1:9");
    let address = registry.address("acme/notes:1");
    repository
        .session(&["plugin", "install", &address])
        .success();
    assert_eq!(
        repository.read(CONFIG),
        with_entry(&address, &version_1(), "")
    );
    assert!(stored(&env, &version_1()).exists());

    // The tag moves on; who has the pin still gets what was pinned.
    registry.push("acme/notes:1", version_2(), WASM);
    env.set("SESSION_DATA_DIR", env.root().join("other"));
    let fetched = repository.session(&["plugin", "install", "--json"]).json();
    assert_eq!(fetched["plugins"][0]["digest"], sha256(&version_1()));
    let updated = repository.session(&["plugin", "update", "--json"]).json();
    assert_eq!(updated["plugins"][0]["outcome"], "updated");
    assert_eq!(
        repository.read(CONFIG),
        with_entry(&address, &version_2(), "")
    );

    // What is not there, and what is no component.
    registry.push(
        "acme/image:1",
        version_1(),
        "application/vnd.oci.image.layer.v1.tar",
    );
    registry.push("acme/text:1", b"text".to_vec(), WASM);
    registry.push("acme/large:1", vec![0; 65 << 20], WASM);
    for (rest, words) in [
        ("acme/notes:none", "manifest unknown"),
        ("acme/none:1", "could not be fetched"),
        ("acme/image:1", "no component as `wkg` pushes it"),
        ("acme/text:1", "no WebAssembly component"),
        ("acme/large:1", "too large: a component has at most 64 MiB"),
    ] {
        refused(&repository, &["install", &registry.address(rest)], words);
    }
    let offline = registry.address("acme/notes:1");
    refused(
        &repository,
        &["install", &offline, "--offline"],
        "SESSION_OFFLINE",
    );
    drop(registry);
    refused(&repository, &["install", &offline], "Connection refused");
}

/// User ada, password s3cret.
const HTPASSWD: &str = "ada:$2b$04$abcdefghijklmnopqrstuuLZYjhNQAOdpbzt4WxWlUHjv1wsyH5DG\n";

#[test]
fn a_registry_that_wants_a_login_gets_the_one_of_docker_login() {
    let env = TestEnv::new();
    let repository = project(&env);
    let users = env.root().join("htpasswd");
    std::fs::write(&users, HTPASSWD).unwrap();
    let more = format!(
        "auth: {{ htpasswd: {{ realm: test, path: {} }} }}\n",
        users.display()
    );
    let Some(mut registry) = Registry::start(env.root(), &more) else {
        return not_installed();
    };
    registry.login = RegistryAuth::Basic("ada".into(), "s3cret".into());
    registry.push("acme/notes:1", version_1(), WASM);
    let address = registry.address("acme/notes:1");
    let login = format!("docker login localhost:{}", registry.port);
    refused(&repository, &["install", &address], &login);

    let docker = env.root().join("home/.docker");
    std::fs::create_dir_all(&docker).unwrap();
    let log_in = |password: &str| {
        let login = data_encoding::BASE64.encode(format!("ada:{password}").as_bytes());
        let registry = format!("localhost:{}", registry.port);
        let config = format!(r#"{{"auths":{{"{registry}":{{"auth":"{login}"}}}}}}"#);
        std::fs::write(docker.join("config.json"), config).unwrap();
    };
    log_in("wr0ng");
    let outcome = refused(&repository, &["install", &address], &login);
    assert!(!outcome.to_string().contains("wr0ng"), "{outcome}");
    log_in("s3cret");
    let installed = repository
        .session(&["plugin", "install", &address])
        .success();
    assert!(!installed.to_string().contains("s3cret"), "{installed}");
    assert_eq!(
        repository.read(CONFIG),
        with_entry(&address, &version_1(), "")
    );
}

#[expect(
    clippy::print_stderr,
    reason = "a test that could not run has to say so"
)]
fn not_installed() {
    eprintln!("SKIPPED: {PROGRAM} is not installed; `apt-get install {PROGRAM}` installs it");
}

#[test]
fn an_address_without_a_registry_is_not_taken_for_dockers() {
    let env = TestEnv::new();
    let repository = project(&env);
    refused(
        &repository,
        &["install", "oci://acme/notes:1"],
        "names no registry",
    );
}
