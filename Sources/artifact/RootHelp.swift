/// What `artifact --help` prints: one screen of 80 columns and 24 lines. A test keeps it complete.
enum RootHelp {
  static let text = """
    artifact - a store for datasets, models and what they were made from

    Put away and give back
      init        make a store (default: .artifact in this folder)
      push        store a folder or file as the next version of a name
      pull        write a version to a folder, bit for bit
    Look
      ls          list names, or the versions of one name
      show        everything about one version
      files, cat  the files of a version; the bytes of one of them
      diff        what differs between two versions
      tag, untag  put a tag on a version; take it away
    Carry                                     Audit
      copy    a version to another store        verify  read and check everything
      export  a version as tar or zip           log     who changed what, and when
                                                stats   what the store holds

      artifact push data/ customers --kind dataset --tag raw
      artifact pull customers@raw ./copy
      artifact diff customers@1 customers@2

    REF is name, name@4, name@tag or sha256:ab12cd34, with :path to reach inside.
    Options everywhere: --store FOLDER, --json. More: artifact COMMAND --help
    Completion of names and versions in your shell: artifact completion --help
    """
}
