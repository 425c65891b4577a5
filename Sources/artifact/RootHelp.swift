/// What `artifact --help` prints: one screen of 80 columns and 24 lines.
///
/// A test keeps it complete.
enum RootHelp {
  static let text = """
    artifact - a store for datasets, models and what they were made from

    Put away and give back                Run and trace
      init    make a store here             run, record  a command, and in it
      push    a folder as the next version  reproduce  a run, without a network
      pull    a version, bit for bit        env        Python environments
      sample  a smaller dataset             runs, compare  what was run
    Look                                    lineage, why  what it was made from
      ls      names, or a name's versions   impact     where it ended up
      show    everything about a version  Let in and out
      files   the files in a version        policy, key  the rules, and who decides
      cat     the bytes of one file         propose, proposals, approve, reject
      diff    what differs, and why         report     tests, scans, reviews
    Name and carry                          promote, rollback, channel  to prod
      tag, untag  a version                 deploy, retire, deployments  where
      copy    a version to another store  Audit
      export  it as .tar.zst, .zip, ...     audit, log  who let what in, and when
    Make room                               verify, repair, stats  check, mend
      erase, gc  bytes of old versions      prove, verify-proof  for others

      artifact push data/ customers --kind dataset --tag raw
    A version is name, name@4, name@tag or sha256:ab12cd34; :path reaches inside.
    Everywhere: --store FOLDER, --json. More: artifact COMMAND --help, completion
    """
}
