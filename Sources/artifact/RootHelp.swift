/// What `artifact --help` prints: one screen of 80 columns and 24 lines.
///
/// A test keeps it complete.
enum RootHelp {
  static let text = """
    artifact - a store for datasets, models and what they were made from

    Put away and give back                Run and trace
      init    make a store here             run        a command, and record it
      push    a folder as the next version  record     a metric from inside a run
      pull    a version, bit for bit        reproduce  a run, without a network
      sample  a smaller dataset             env        Python environments
    Look                                    runs       what was run; compare
      ls      names, or a name's versions   lineage    what it was made from
      show    everything about a version    impact     where it ended up
      files   the files in a version        why        how two are connected
      cat     the bytes of one file       Carry
      diff    what differs, and why         copy       a version to another store
    Name                                    export     it as .tar.zst, .zip, ...
      tag     put a tag on a version      Audit
      untag   take it away                  log        who changed what, and when
    Make room                               verify     read and check everything
      erase   give up a version's bytes     repair     mend what is damaged
      gc      free what nothing needs       stats      what the store holds

      artifact push data/ customers --kind dataset --tag raw
    A version is name, name@4, name@tag or sha256:ab12cd34; :path reaches inside.
    Everywhere: --store FOLDER, --json. More: artifact COMMAND --help, completion
    """
}
