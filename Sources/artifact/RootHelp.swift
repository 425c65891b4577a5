/// What `artifact --help` prints: one screen of 80 columns and 24 lines.
///
/// A test keeps it complete.
enum RootHelp {
  static let text = """
    artifact - a store for datasets, models and what they were made from

    Put away and give back                Carry
      init   make a store here              copy    a version to another store
      push   a folder as the next version   export  a version as .tar.zst, .zip, ...
      pull   a version, bit for bit       Audit
    Look                                    log     who changed what, and when
      ls     names, or a name's versions    verify  read and check everything
      show   everything about a version     stats   what the store holds
      files  the files in a version       Name
      cat    the bytes of one file          tag     put a tag on a version
      diff   what differs between two       untag   take it away

      artifact init
      artifact push data/ customers --kind dataset --tag raw
      artifact pull customers@raw ./copy
      artifact diff customers@1 customers@2

    A version is name, name@4, name@tag or sha256:ab12cd34; :path reaches inside.
    Options everywhere: --store FOLDER, --json. More: artifact COMMAND --help
    Names and versions complete in your shell with artifact completion SHELL.
    """
}
