//! Clean blobs turned back into what git would check out (line ends, LFS, encryption), all by one
//! `git cat-file --batch --filters`. It must not write files.

use std::io::{BufReader, Read as _, Write as _};

use anyhow::Context as _;

use super::ObjectId;
use super::repository::Repository;
use crate::path::RepoPath;

impl Repository {
    /// Calls `each` with the index of every request and its filtered bytes, in order, one blob in memory at a time.
    pub fn smudge(
        &self,
        requests: &[(ObjectId, RepoPath)],
        mut each: impl FnMut(usize, &[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        if requests.is_empty() {
            return Ok(());
        }
        // The size that git prints is the one before filtering, so each content ends where this line begins.
        let marker = format!("session-{}", crate::environment::random_base32(24, 0)?);
        let nul = requests
            .iter()
            .any(|(_, path)| path.as_bytes().contains(&b'\n'));
        let mut git = self
            .git()
            .args(["cat-file", "--filters"])
            .arg(format!("--batch={marker} %(objecttype)"));
        if nul {
            git = git.arg("-z");
        }
        let mut child = git.spawn(true)?;
        let stdin = child.stdin.take().context("git took no input")?;
        let stdout = child.stdout.take().context("git gave no output")?;
        let stderr = child.stderr.take().context("git gave no error output")?;
        let said = std::thread::scope(|scope| {
            scope.spawn(|| write_requests(stdin, requests, nul));
            let said = scope.spawn(|| {
                let mut text = Vec::new();
                let _ = BufReader::new(stderr).read_to_end(&mut text);
                text
            });
            let result = read_contents(BufReader::new(stdout), &marker, requests.len(), &mut each);
            let said = said.join().unwrap_or_default();
            result
                .map_err(|error| error.context(String::from_utf8_lossy(&said).trim().to_owned()))?;
            anyhow::Ok(said)
        })?;
        let status = child.wait().context("failed to wait for `git cat-file`")?;
        anyhow::ensure!(
            status.success(),
            "`git cat-file --filters` failed: {}",
            String::from_utf8_lossy(&said).trim()
        );
        Ok(())
    }
}

/// A failure shows where the contents are read: git stopped.
fn write_requests(stdin: std::process::ChildStdin, requests: &[(ObjectId, RepoPath)], nul: bool) {
    let end: &[u8] = if nul { b"\0" } else { b"\n" };
    let mut stdin = std::io::BufWriter::new(stdin);
    for (id, path) in requests {
        let line = [id.to_string().as_bytes(), b" ", path.as_bytes(), end].concat();
        if stdin.write_all(&line).is_err() {
            return;
        }
    }
    let _ = stdin.flush();
}

/// `<marker> blob\n<content>\n` for every request.
fn read_contents(
    mut stdout: impl std::io::BufRead,
    marker: &str,
    count: usize,
    each: &mut impl FnMut(usize, &[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let header = format!("{marker} blob\n").into_bytes();
    let mut line = Vec::new();
    stdout
        .read_until(b'\n', &mut line)
        .context("failed to read from git")?;
    anyhow::ensure!(line == header, "git could not give the content of a file");
    for index in 0..count {
        let mut content = Vec::new();
        // The next header, or the end, closes this content; git's own line end before it is not part of it.
        let mut line_start = 0;
        loop {
            let read = stdout
                .read_until(b'\n', &mut content)
                .context("failed to read from git")?;
            if content.ends_with(&header) && at_line_start(&content, line_start, header.len()) {
                content.truncate(content.len() - header.len());
                break;
            }
            if read == 0 {
                anyhow::ensure!(index + 1 == count, "git stopped before the last file");
                break;
            }
            line_start = content.len();
        }
        anyhow::ensure!(content.pop() == Some(b'\n'), "git stopped within a file");
        each(index, &content)?;
    }
    Ok(())
}

fn at_line_start(content: &[u8], line_start: usize, header: usize) -> bool {
    content.len() - header == line_start
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepository;

    #[test]
    fn contents_come_back_filtered_whatever_they_hold() {
        let test = TestRepository::new();
        test.write(".gitattributes", "*.txt text eol=crlf\n");
        let repository = test.open();
        let contents: [(&[u8], &str, &[u8]); 5] = [
            (b"a\nb\n", "one.txt", b"a\r\nb\r\n"),
            (b"", "empty", b""),
            (b"no line end", "sp ace", b"no line end"),
            (b"\n\n", "new\nline", b"\n\n"),
            (b"\0\xff\nx", "binary", b"\0\xff\nx"),
        ];
        let requests: Vec<_> = contents
            .iter()
            .map(|(bytes, path, _)| (repository.write_blob(bytes).unwrap(), RepoPath::from(*path)))
            .collect();
        repository.keep_new_objects().unwrap();
        let mut seen = Vec::new();
        repository
            .smudge(&requests, |index, bytes| {
                seen.push((index, bytes.to_vec()));
                Ok(())
            })
            .unwrap();
        let expected: Vec<_> = contents
            .iter()
            .map(|(_, _, out)| out.to_vec())
            .enumerate()
            .collect();
        assert_eq!(seen, expected);
    }
}
