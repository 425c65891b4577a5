extension ResultRecord {
  /// The canonical JSON; its SHA-256 is the record's id.
  public func bytes() throws(FormatError) -> [UInt8] {
    var object: JSONObject = [
      "actor": .string(actor), "end": .string(end.text), "plan": .string(plan.text), "run": .string(run),
      "start": .string(start.text),
    ]
    switch ending {
    case .exit(let code): object["exit"] = JSON(code)
    case .signal(let number): object["signal"] = JSON(number)
    }
    object.put("host", host)
    object.put("code", code)
    object.put("inputs", inputs.map(Self.json))
    var list = [JSON]()
    for output in outputs { list.append(try Self.json(output)) }
    object.put("outputs", list)
    object.put("metrics", Metric.list(metrics))
    object.put("history", history)
    try object.put("parameters", parameters)
    object.put("tags", tags)
    try putLogs(into: &object)
    try object.put("resources", resources)
    try object.put("hardware", hardware)
    try object.put("variables", variables)
    object.put("parent", parent)
    object.put("children", children)
    object.put("tracing", tracing)
    try putReads(into: &object)
    object.put("flags", flags)
    return try Record.encode(Self.kind, object)
  }

  private static func json(_ input: Input) -> JSON {
    var object: JSONObject = ["record": .string(input.record.text)]
    object.put("path", bytes: input.path)
    object.put("name", input.name)
    if let version = input.version { object["version"] = JSON(version) }
    return .object(object)
  }

  private static func json(_ output: Output) throws(FormatError) -> JSON {
    var object = JSONObject()
    object.put("path", bytes: output.path)
    output.content.put(into: &object)
    try object.put("size", count: output.size)
    object.put("name", output.name)
    return .object(object)
  }

  private func putLogs(into object: inout JSONObject) throws(FormatError) {
    var list = [JSON]()
    for log in logs {
      var inner: JSONObject = ["blob": .string(log.blob.text), "stream": .string(log.stream)]
      try inner.put("omitted", count: log.omitted)
      list.append(.object(inner))
    }
    object.put("logs", list)
  }

  private func putReads(into object: inout JSONObject) throws(FormatError) {
    var list = [JSON]()
    for read in undeclared {
      var inner: JSONObject = ["path": .bytes(read.path)]
      inner.put("sha256", read.digest?.hex)
      try inner.put("size", count: read.size)
      list.append(.object(inner))
    }
    object.put("undeclared", list)
  }

  init(_ members: inout MemberReader) throws(FormatError) {
    let run = try members.string("run")
    guard RunID.isValid(run) else { throw members.wrong("run", "32 hexadecimal digits") }
    let ending: End
    switch (try members.optionalInteger("exit"), try members.optionalInteger("signal")) {
    case (let code?, nil): ending = .exit(code)
    case (nil, let number?): ending = .signal(number)
    default:
      throw FormatError(.field, members.subject, "exactly one of \"exit\" and \"signal\" must be there")
    }
    var result = ResultRecord(
      run: run, plan: try members.digest("plan"), start: try members.time("start"), end: try members.time("end"),
      ending: ending, actor: try members.string("actor"))
    result.host = try members.optionalString("host")
    result.code = try members.optionalDigest("code")
    result.inputs = try Self.inputs(&members)
    result.outputs = try Self.outputs(&members)
    result.metrics = try Metric.list(&members)
    result.history = try members.optionalDigest("history")
    result.parameters = try members.texts("parameters")
    result.tags = try members.strings("tags")
    result.logs = try Self.logs(&members)
    result.resources = try members.counts("resources")
    result.hardware = try members.texts("hardware")
    result.variables = try members.texts("variables")
    result.parent = try members.optionalString("parent")
    if let parent = result.parent, !RunID.isValid(parent) {
      throw members.wrong("parent", "32 hexadecimal digits")
    }
    result.children = try members.digests("children")
    result.tracing = try members.optionalString("tracing")
    result.undeclared = try Self.reads(&members)
    result.flags = try members.strings("flags")
    self = result
  }

  private static func inputs(_ members: inout MemberReader) throws(FormatError) -> [Input] {
    var list = [Input]()
    for var inner in try members.objects("inputs") {
      list.append(
        Input(
          path: try inner.bytes("path"), record: try inner.digest("record"), name: try inner.optionalString("name"),
          version: try inner.optionalInteger("version")))
      try inner.finish()
    }
    return list
  }

  private static func outputs(_ members: inout MemberReader) throws(FormatError) -> [Output] {
    var list = [Output]()
    for var inner in try members.objects("outputs") {
      list.append(
        Output(
          path: try inner.bytes("path"), content: try Content(&inner), size: try inner.count("size"),
          name: try inner.optionalString("name")))
      try inner.finish()
    }
    return list
  }

  private static func logs(_ members: inout MemberReader) throws(FormatError) -> [Log] {
    var list = [Log]()
    for var inner in try members.objects("logs") {
      list.append(
        Log(
          stream: try inner.string("stream"), blob: try inner.digest("blob"),
          omitted: try inner.optionalCount("omitted")
        ))
      try inner.finish()
    }
    return list
  }

  private static func reads(_ members: inout MemberReader) throws(FormatError) -> [Read] {
    var list = [Read]()
    for var inner in try members.objects("undeclared") {
      var read = Read(path: try inner.bytes("path"))
      if let text = try inner.optionalString("sha256") {
        guard let digest = Digest(hex: text) else { throw inner.wrong("sha256", "64 digits") }
        read.digest = digest
      }
      read.size = try inner.optionalCount("size")
      list.append(read)
      try inner.finish()
    }
    return list
  }
}
