import ArtifactCore
import ArtifactIO
import ArtifactStore

// Thin driver, replaced by the command tree.
func run() throws {
  var arguments = Array(CommandLine.arguments.dropFirst())
  var storePath = ""
  if arguments.first == "--store" { storePath = arguments[1]; arguments.removeFirst(2) }
  let local = LocalFolders(cache: Path("/tmp/acache"), state: Path("/tmp/astate"))
  switch arguments.first {
  case "init": _ = try Store.create(at: Path(arguments[1]), actor: "me", local: local)
  case "push":
    let store = try Store(opening: Path(storePath), local: local)
    var request = PushRequest(name: try PackageName(arguments[2]), actor: "me")
    if arguments.count > 4 { request.level = Int(arguments[4]) }
    let result = try store.push(Path(arguments[1]), request, Progress())
    print(result.version, result.isNew, result.record, result.bytesWritten, result.content.size)
  case "pull":
    let store = try Store(opening: Path(storePath), local: local)
    let found = try store.resolve(Reference(arguments[1]))
    print(try store.pull(found.entry, to: Path(arguments[2]), Progress()))
  default: print("?")
  }
}
do { try run() } catch { print(error) }
