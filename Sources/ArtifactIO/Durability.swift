import CLinux
import Glibc

/// The one way in which bytes become part of a store (store-layout.md §6).
///
/// Write to a temporary file, sync it, give it its final name only if that is free, sync the directory. Callers sync the
/// directory themselves, so that a batch shares one call.
public enum Durability {
  /// Gives a synced temporary file its final name and removes the temporary one.
  ///
  /// - Throws: `.exists` if the name is taken. Where the file system has no hard links, `renameat2(NOREPLACE)` does the
  ///   same; a file system with neither is refused.
  public static func publish(
    _ name: [UInt8], in temporary: Directory, as finalName: [UInt8], in directory: Directory
  ) throws(IOFailure) {
    do {
      try temporary.link(name, to: directory, as: finalName)
    } catch  where [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(error.number) {
      return try temporary.renameNoReplace(name, to: directory, as: finalName)
    }
    try temporary.remove(name)
  }

  /// Writes a whole small file and makes its bytes durable; the name is not yet.
  public static func writeSynced(
    _ bytes: [UInt8], as name: [UInt8], in directory: Directory
  ) throws(IOFailure) {
    let file = try directory.create(name)
    try file.write(bytes.span)
    try file.sync()
    try file.close()
  }
}

extension Directory {
  /// Locks the directory for this process's lifetime or until it is closed; false if another process has it.
  public func tryLock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }
}

extension File {
  /// Locks the file until it is closed; false if somebody else has it.
  public func tryLock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }
}
