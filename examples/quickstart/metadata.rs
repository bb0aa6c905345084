//! Which packages there are: asked of `cargo metadata`.

use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::path::PathBuf;
use std::process::Command;

/// A package on this machine.
pub(crate) struct Found {
    /// Name and version.
    pub(crate) name: String,
    /// Its `src`.
    pub(crate) sources: PathBuf,
}

/// The workspace's packages and all that a build of them compiles; what only tests and benchmarks use is left out.
///
/// # Errors
/// When cargo does not run, or says what we do not understand.
pub(crate) fn packages() -> Result<Vec<Found>, Box<dyn Error>> {
    let mut metadata = read()?;
    let built = metadata.built();
    metadata
        .packages
        .retain(|package| built.contains(&package.id));
    let found = |package: Package| Found {
        name: format!("{} {}", package.name, package.version),
        sources: package.manifest_path.with_file_name("src"),
    };
    Ok(metadata.packages.into_iter().map(found).collect())
}

// Packages that are not on this machine are not fetched: the workspace alone will do.
fn read() -> Result<Metadata, Box<dyn Error>> {
    let host = output("rustc", &["--print", "host-tuple"])?;
    let all = [
        "metadata",
        "--format-version=1",
        "--offline",
        "--filter-platform",
        host.trim(),
    ];
    let alone = ["metadata", "--format-version=1", "--offline", "--no-deps"];
    let json = output("cargo", &all).or_else(|_| output("cargo", &alone))?;
    Ok(serde_json::from_str(&json)?)
}

fn output(program: &str, args: &[&str]) -> Result<String, Box<dyn Error>> {
    let output = Command::new(program).args(args).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    /// Who depends on whom; absent when only the workspace was asked for.
    resolve: Option<Resolve>,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    /// `null` for a normal dependency.
    kind: Option<String>,
}

impl Metadata {
    /// The identities of the packages that a build reaches from the workspace.
    fn built(&self) -> HashSet<String> {
        let nodes = self.resolve.iter().flat_map(|resolve| &resolve.nodes);
        let edges: HashMap<&str, &[Dependency]> =
            nodes.map(|node| (&*node.id, &*node.deps)).collect();
        let mut reached = HashSet::new();
        let mut open: Vec<&str> = self.workspace_members.iter().map(String::as_str).collect();
        while let Some(id) = open.pop() {
            if reached.insert(id.to_owned()) {
                let dependencies = edges.get(id).copied().unwrap_or_default().iter();
                open.extend(
                    dependencies
                        .filter(|dependency| dependency.is_built())
                        .map(|dependency| &*dependency.pkg),
                );
            }
        }
        reached
    }
}

impl Dependency {
    fn is_built(&self) -> bool {
        self.dep_kinds
            .iter()
            .any(|dependency| dependency.kind.as_deref() != Some("dev"))
    }
}
