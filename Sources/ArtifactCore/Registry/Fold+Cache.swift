extension Fold {
  private static let cacheFormat: Int64 = 1

  /// The state as bytes, for a local cache that anyone may delete; ends with their SHA-256.
  public func cacheBytes() throws(FormatError) -> [UInt8] {
    var names = JSONObject()
    for (name, package) in packages {
      names[name] = [
        "kind": .string(package.kind.rawValue),
        "tags": .object(
          try JSONObject(members: package.tags.map { ($0.key, JSON.integer(Int64($0.value))) })),
        "versions": .array(
          package.versions.map {
            .array([
              .string($0.record.hex), .integer(Int64($0.sequence)), .integer($0.time.milliseconds), .string($0.actor),
            ])
          }),
      ]
    }
    let object: JSON = [
      "config": .string(config.hex),
      "format": .integer(Self.cacheFormat),
      "history": .string(Hex.text(history.bytes)),
      "leaf": .string(lastLeaf?.hex ?? ""),
      "packages": .object(names),
      "store": .string(storeID),
      "time": .integer(lastTime?.milliseconds ?? 0),
      "voids": .array(voids.map { .array([.integer(Int64($0.sequence)), .string($0.reason)]) }),
    ]
    let json = object.plainBytes()
    return json + Digest.of(json).bytes
  }

  /// Reads what `cacheBytes` wrote; anything else gives nil.
  public init?(cacheBytes bytes: [UInt8]) {
    guard bytes.count > Digest.byteCount else { return nil }
    let end = bytes.count - Digest.byteCount
    let json = bytes.span.extracting(0..<end)
    guard Digest.of(json) == Digest(bytes.span, at: end),

      let object = (try? JSON.parse(json))?.object, object["format"]?.integer == Self.cacheFormat,
      let historyBytes = Hex.bytes(object["history"]?.string ?? "-"),
      let history = try? MerkleFrontier(bytes: historyBytes.span),
      let config = Digest(hex: object["config"]?.string ?? ""),
      let leaf = Digest(hex: object["leaf"]?.string ?? ""), let store = object["store"]?.string,
      let time = object["time"]?.integer, let names = object["packages"]?.object, let voids = object["voids"]?.array
    else { return nil }
    self.history = history
    self.config = config
    lastLeaf = leaf
    lastTime = Timestamp(milliseconds: time)
    storeID = store
    for (name, value) in names {
      guard let package = Self.package(value) else { return nil }
      packages[name] = package
    }
    for void in voids {
      guard let fields = void.array, fields.count == 2, let sequence = fields[0].integer, let reason = fields[1].string
      else { return nil }
      self.voids.append(Void(sequence: Int(sequence), reason: reason))
    }
  }

  private static func package(_ value: JSON) -> Package? {
    guard let kind = PackageKind(rawValue: value["kind"]?.string ?? ""), let tags = value["tags"]?.object,
      let versions = value["versions"]?.array
    else { return nil }
    var package = Package(kind: kind, versions: [], tags: [:])
    package.versions.reserveCapacity(versions.count)
    for version in versions {
      guard let fields = version.array, fields.count == 4, let record = Digest(hex: fields[0].string ?? ""),
        let sequence = fields[1].integer, let time = fields[2].integer, let actor = fields[3].string
      else { return nil }
      package.versions.append(
        Version(record: record, sequence: Int(sequence), time: Timestamp(milliseconds: time), actor: actor))
    }
    for (tag, version) in tags {
      guard let version = version.integer else { return nil }
      package.tags[tag] = Int(version)
    }
    return package
  }
}
