import ArtifactCore
import Foundation
import TestSupport
import Testing

/// Keys and signatures against the real `ssh-keygen` and `openssl`.
@Suite struct SSHSignatureTests {
  static func signer(_ number: UInt8) throws -> PrivateKey {
    try PrivateKey(seed: [UInt8](repeating: number, count: 32))
  }

  private static let message = Array("approve fraud@7 for prod\n".utf8)

  // MARK: Vectors

  /// Source: RFC 8032 §7.1, tests 1 and 3.
  @Test func `keys and plain signatures are those of RFC 8032`() throws {
    let vectors = [
      (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
      ),
      (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
      ),
    ]
    for (seed, publicHalf, message, signature) in vectors {
      let key = try PrivateKey(seed: #require(Hex.bytes(seed)))
      #expect(Hex.text(key.key.bytes) == publicHalf)
      let message = try #require(Hex.bytes(message))
      let expected = try #require(Hex.bytes(signature))
      // Some libraries sign with added randomness: what counts is that both verify.
      #expect(key.key.verifies(expected, of: message))
      #expect(key.key.verifies(try key.sign(message), of: message))
    }
  }

  /// Source: the subgroup of order 8, computed from the curve's equation.
  @Test(arguments: [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  ])
  func `a key for which everybody signs, or in a second spelling, is refused`(hex: String) throws {
    let bytes = try #require(Hex.bytes(hex))
    let error = #expect(throws: FormatError.self) { try PublicKey(bytes) }
    #expect(error?.code == .notCanonical)
  }

  // MARK: Interoperation

  @Test func `ssh-keygen accepts our signature, and refuses it for anything else`() throws {
    let folder = try Keys()
    let signer = try folder.privateKey("aiko")
    try folder.write("message", Self.message)
    try folder.write("message.sig", SSHSignature.make(Self.message, namespace: "artifact", signer))
    try folder.write("allowed", "aiko@example.com \(signer.key.openSSH)\n")
    let verify = "ssh-keygen -Y verify -f allowed -I aiko@example.com -n artifact -s message.sig < message"
    #expect(try folder.sh(verify).contains("Good \"artifact\" signature for aiko@example.com with ED25519 key"))
    #expect(try folder.sh(verify).contains(signer.key.fingerprint))
    #expect(throws: Shell.Failure.self) { try folder.sh("echo x >> message; \(verify)") }
    #expect(throws: Shell.Failure.self) {
      try folder.sh(verify.replacingOccurrences(of: "-n artifact", with: "-n git"))
    }
  }

  @Test(arguments: ["sha256", "sha512"])
  func `we accept ssh-keygen's signature, and refuse it for anything else`(hash: String) throws {
    let folder = try Keys()
    let key = try folder.publicKey("aiko")
    try folder.write("message", Self.message)
    try folder.sh("ssh-keygen -Y sign -f aiko -n artifact -O hashalg=\(hash) message")
    let text = try folder.read("message.sig")
    #expect(try SSHSignature.verify(text, message: Self.message, namespace: "artifact") == key)
    #expect(try SSHSignature.verify(text, message: Self.message + [0], namespace: "artifact") == nil)
    #expect(try SSHSignature.verify(text, message: Self.message, namespace: "git") == nil)
    let signature = try SSHSignature(text)
    #expect(signature.hash.rawValue == hash)
    #expect(signature.armored == text, "written as ssh-keygen writes it")
    #expect(try SSHSignature(Array(signature.base64.utf8)) == signature)
    #expect(try SSHSignature.make(Self.message, namespace: "artifact", folder.privateKey("aiko")).count > 100)
  }

  @Test func `openssl accepts our plain signature, and we accept its`() throws {
    let folder = try Keys()
    try folder.sh(
      "openssl genpkey -algorithm ed25519 -out key.pem; openssl pkey -in key.pem -pubout -out key.pub.pem")
    let signer = try PrivateKey(file: folder.read("key.pem"))
    #expect(try PublicKey(file: folder.read("key.pub.pem")) == signer.key)
    #expect(try signer.key.pem == folder.read("key.pub.pem"))
    try folder.write("message", Self.message)
    try folder.write("ours.sig", signer.sign(Self.message))
    let verify = "openssl pkeyutl -verify -pubin -inkey key.pub.pem -rawin -in message -sigfile ours.sig"
    #expect(try folder.sh(verify).contains("Signature Verified Successfully"))
    try folder.sh("openssl pkeyutl -sign -inkey key.pem -rawin -in message -out theirs.sig")
    #expect(try signer.key.verifies(folder.read("theirs.sig"), of: Self.message))
    #expect(try !signer.key.verifies(folder.read("theirs.sig"), of: Self.message + [0]))
    #expect(throws: Shell.Failure.self) { try folder.sh("echo x >> message; \(verify)") }
  }

  @Test func `keys are read as ssh-keygen writes them, and show its fingerprint`() throws {
    let folder = try Keys()
    let signer = try folder.privateKey("aiko")
    let key = try folder.publicKey("aiko")
    #expect(signer.key == key)
    #expect(try folder.sh("ssh-keygen -l -f aiko.pub").split(separator: " ")[1] == key.fingerprint)
    #expect(try folder.sh("cat aiko.pub").hasPrefix("\(key.openSSH) "))
    #expect(!"\(signer) \(String(reflecting: signer))".contains("seed"))
    var text = ""
    dump(signer, to: &text)
    #expect(!text.contains("seed") && text.contains(Hex.text(key.bytes)) == false)
  }

  @Test func `an encrypted key is refused in words that lead to the agent`() throws {
    let folder = try Keys()
    try folder.sh("ssh-keygen -q -t ed25519 -N secret -f locked")
    let error = #expect(throws: FormatError.self) { try PrivateKey(file: folder.read("locked")) }
    #expect(error?.detail.contains("ssh-agent") == true)
    try folder.sh("openssl genpkey -algorithm ed25519 -aes-256-cbc -pass pass:secret -out locked.pem")
    let other = #expect(throws: FormatError.self) { try PrivateKey(file: folder.read("locked.pem")) }
    #expect(other?.detail.contains("ssh-agent") == true)
  }

  @Test func `keys of other kinds are refused by name`() throws {
    let folder = try Keys()
    try folder.sh("ssh-keygen -q -t ecdsa -N '' -f other; openssl genpkey -algorithm x25519 -out x.pem")
    let error = #expect(throws: FormatError.self) { try folder.publicKey("other") }
    #expect(error?.detail.contains("ecdsa-sha2-nistp256") == true)
    #expect(throws: FormatError.self) { try folder.privateKey("other") }
    #expect(throws: FormatError.self) { try PrivateKey(file: folder.read("x.pem")) }
    try folder.write("message", Self.message)
    try folder.sh("ssh-keygen -Y sign -f other -n artifact message")
    #expect(throws: FormatError.self) { try SSHSignature(folder.read("message.sig")) }
  }

  // MARK: Mauling

  @Test func `a signature with any bit changed is refused or does not fit`() throws {
    let signer = try Self.signer(1)
    let whole = try SSHSignature(Self.message, namespace: "artifact", signer)
    let blob = whole.blob
    #expect(whole.verifies(Self.message, namespace: "artifact"))
    for position in blob.indices {
      for bit in 0..<8 {
        var changed = blob
        changed[position] ^= 1 << UInt8(bit)
        // Refused as a text, or nobody's signature.
        let read = try? SSHSignature(blob: changed)
        #expect(read?.verifies(Self.message, namespace: "artifact") != true, "byte \(position), bit \(bit)")
      }
    }
    for count in blob.indices {
      #expect(throws: FormatError.self) { try SSHSignature(blob: Array(blob[..<count])) }
    }
    #expect(throws: FormatError.self) { try SSHSignature(blob: blob + [0]) }
  }

  /// The order of the group, little-endian (RFC 8032 §5.1): a signature plus it is the same equation in other bytes.
  @Test func `a signature whose number is past the group's order does not fit`() throws {
    let order = try #require(Hex.bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"))
    let signer = try Self.signer(2)
    var signature = try signer.sign(Self.message)
    #expect(signer.key.verifies(signature, of: Self.message))
    var carry = 0
    for index in 0..<32 {
      carry += Int(signature[32 + index]) + Int(order[index])
      signature[32 + index] = UInt8(truncatingIfNeeded: carry)
      carry >>= 8
    }
    #expect(carry == 0 && !signer.key.verifies(signature, of: Self.message))
  }

  @Test func `text around, inside or of another kind is refused`() throws {
    let text = try SSHSignature.make(Self.message, namespace: "artifact", Self.signer(3))
    let string = String(decoding: text, as: UTF8.self)
    for changed in [
      " " + string, string + "x", string + "\n",
      string.replacingOccurrences(of: "SSH SIGNATURE", with: "PGP SIGNATURE"),
      string.replacingOccurrences(of: "-----END", with: " -----END"), "", "-----BEGIN SSH SIGNATURE-----\n",
      string.replacingOccurrences(of: "\n-----END SSH SIGNATURE-----", with: "="), String(string.dropFirst(30)),
      "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n", String(repeating: "A", count: 70_000),
    ] {
      #expect(throws: FormatError.self) { try SSHSignature(Array(changed.utf8)) }
    }
    // Line ends of another system, and a missing last one, change nothing.
    for same in [string.replacingOccurrences(of: "\n", with: "\r\n"), String(string.dropLast())] {
      #expect(try SSHSignature.verify(Array(same.utf8), message: Self.message, namespace: "artifact") != nil)
    }
  }

  @Test func `a signer whose signatures do not fit its key is found out`() throws {
    struct Liar: Signer {
      let key: PublicKey
      let other: PrivateKey
      func sign(_ bytes: [UInt8]) throws -> [UInt8] { try other.sign(bytes) }
    }
    let liar = try Liar(key: Self.signer(4).key, other: Self.signer(5))
    #expect(throws: FormatError.self) { try SSHSignature.make(Self.message, namespace: "artifact", liar) }
  }

  @Test func `a private key whose parts do not fit is refused`() throws {
    let folder = try Keys()
    _ = try folder.privateKey("aiko")
    let lines = String(decoding: try folder.read("aiko"), as: UTF8.self).split(separator: "\n")
    let blob = try #require(Data(base64Encoded: lines.dropFirst().dropLast().joined()))
    var refused = 0
    for position in blob.indices {
      var changed = blob
      changed[position] ^= 0x10
      let text = "\(lines[0])\n\(changed.base64EncodedString())\n\(lines[lines.count - 1])\n"
      // The comment and the numbers of the cipher's options may be anything.
      if (try? PrivateKey(file: Array(text.utf8))) == nil { refused += 1 }
    }
    #expect(refused >= blob.count - "aiko".utf8.count)
  }
}

/// A folder with keys that `ssh-keygen` made.
struct Keys {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @discardableResult
  func sh(_ script: String) throws -> String { try folder.sh(script) }
  func read(_ name: String) throws -> [UInt8] { try folder.read(name) }
  func write(_ name: String, _ bytes: [UInt8]) throws { try folder.write(name, bytes) }
  func write(_ name: String, _ text: String) throws { try folder.write(name, text) }

  private func make(_ name: String) throws {
    try sh("[ -e \(name) ] || ssh-keygen -q -t ed25519 -N '' -C \(name) -f \(name)")
  }

  func privateKey(_ name: String) throws -> PrivateKey {
    try make(name)
    return try PrivateKey(file: read(name))
  }

  func publicKey(_ name: String) throws -> PublicKey {
    try make(name)
    return try PublicKey(file: read("\(name).pub"))
  }
}
