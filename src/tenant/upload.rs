//! A file goes up under a temporary name, and takes its own when it is whole.

use russh_sftp::client::RawSftpSession;
use russh_sftp::client::error::Error;
use russh_sftp::protocol::{FileAttributes, OpenFlags, Packet, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite};

use super::sftp::Failed;

/// How many bytes a request has: every server takes as many.
const PIECE: usize = 32 << 10;
/// The rename that replaces what is there, of servers that have it.
const RENAME: &str = "posix-rename@openssh.com";
/// How many seconds an answer may take.
const ANSWER: u64 = 30;

/// Puts `content` at `path`; its temporary name has `tag` in it.
pub(super) async fn upload<S>(
    stream: S,
    path: &str,
    content: &[u8],
    tag: &str,
) -> Result<(), Failed>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let sftp = RawSftpSession::new(stream);
    sftp.set_timeout(ANSWER);
    let version = sftp.init().await.map_err(failed("it does not speak SFTP"))?;
    let temporary = temporary(path, tag);
    let put = async {
        write(&sftp, &temporary, content).await?;
        rename(&sftp, &temporary, path, version.extensions.contains_key(RENAME)).await
    };
    let put = put.await;
    if put.is_err() {
        // The error that matters is the first one.
        let _ = sftp.remove(temporary).await;
    }
    put
}

/// A hidden name in the same folder.
fn temporary(path: &str, tag: &str) -> String {
    let (folder, name) =
        path.rsplit_once('/').map_or(("", path), |(folder, _)| path.split_at(folder.len() + 1));
    format!("{folder}.{name}.{tag}")
}

async fn write(sftp: &RawSftpSession, path: &str, content: &[u8]) -> Result<(), Failed> {
    let flags = OpenFlags::CREATE | OpenFlags::TRUNCATE | OpenFlags::WRITE;
    let opened = sftp.open(path, flags, FileAttributes::empty()).await;
    let handle = opened.map_err(failed(&format!("{path} cannot be created")))?.handle;
    let unwritten = format!("{path} cannot be written");
    let mut offset = 0;
    for piece in content.chunks(PIECE) {
        sftp.write(&handle, offset, piece.to_vec()).await.map_err(failed(&unwritten))?;
        offset += piece.len() as u64;
    }
    sftp.close(&handle).await.map_err(failed(&unwritten))?;
    let size = sftp.stat(path).await.map_err(failed(&unwritten))?.attrs.size;
    match size {
        Some(size) if size != offset => {
            Err(Failed::Again(format!("{unwritten}: {size} of {offset} bytes are there")))
        }
        _ => Ok(()),
    }
}

async fn rename(sftp: &RawSftpSession, from: &str, to: &str, replaces: bool) -> Result<(), Failed> {
    let why = format!("{to} cannot be replaced");
    if replaces {
        let names = [from, to].map(|name| [&length(name)[..], name.as_bytes()].concat());
        return match sftp.extended(RENAME, names.concat()).await.map_err(failed(&why))? {
            Packet::Status(status) if status.status_code == StatusCode::Ok => Ok(()),
            Packet::Status(status) => Err(failed(&why)(Error::Status(status))),
            _ => Err(failed(&why)(Error::UnexpectedPacket)),
        };
    }
    // The plain one replaces nothing.
    if sftp.stat(to).await.is_ok() {
        sftp.remove(to).await.map_err(failed(&why))?;
    }
    sftp.rename(from, to).await.map(drop).map_err(failed(&why))
}

/// The length of a name, as it stands before it.
fn length(name: &str) -> [u8; 4] {
    u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes()
}

/// What an error means. What the server says in its own words is not told.
fn failed(what: &str) -> impl Fn(Error) -> Failed {
    move |error| match error {
        Error::Status(status) => {
            let why = format!("{what}: {}", status.status_code.to_string().to_lowercase());
            match status.status_code {
                StatusCode::NoSuchFile => Failed::Never(format!("{why}; is its folder there?")),
                StatusCode::PermissionDenied | StatusCode::OpUnsupported => Failed::Never(why),
                _ => Failed::Again(why),
            }
        }
        Error::Timeout => Failed::Again(format!("{what}: it did not answer in time")),
        error => Failed::Again(format!("{what}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::temporary;

    #[test]
    fn the_temporary_name_is_hidden_and_beside_it() {
        let check = |path: &str, expect: &str| assert_eq!(temporary(path, "t1"), expect);
        check("/in/wfm.csv", "/in/.wfm.csv.t1");
        check("/wfm.csv", "/.wfm.csv.t1");
        check("wfm.csv", ".wfm.csv.t1");
        check("in/a b.csv", "in/.a b.csv.t1");
    }
}
