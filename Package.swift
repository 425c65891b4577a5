// swift-tools-version: 6.2
import PackageDescription

// One set of rules for every target; the library walls themselves are checked by WallTests.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

// The archive libraries are linked statically: loading libarchive.so pulls in libxml2 and ICU (30 MB of tables),
// which doubles the start-up time of every command (see README, "Start-up").
let archiveLibraries: [LinkerSetting] = [
  .linkedLibrary(":libarchive.a"),
  .linkedLibrary(":libzstd.a"),
  .linkedLibrary(":libnettle.a"),
  .linkedLibrary(":libz.a"),
  .linkedLibrary(":liblzma.a"),
  .linkedLibrary(":libbz2.a"),
]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "artifact",
  products: [
    .executable(name: "artifact", targets: ["artifact"]),
    .library(name: "ArtifactCore", targets: ["ArtifactCore"]),
    .library(name: "ArtifactStore", targets: ["ArtifactStore"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
  ],
  targets: [
    .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
    .target(name: "CLinux"),
    .target(name: "CSHA256"),
    .target(name: "CTrace"),
    .target(name: "ArtifactCore", dependencies: ["CSHA256", crypto], swiftSettings: strict),
    .target(
      name: "ArtifactIO",
      dependencies: ["CArchive", "CZstd", "CLinux"],
      swiftSettings: strict,
      linkerSettings: archiveLibraries),
    .target(name: "ArtifactStore", dependencies: ["ArtifactCore", "ArtifactIO"], swiftSettings: strict),
    .target(
      name: "ArtifactRun", dependencies: ["ArtifactCore", "ArtifactIO", "ArtifactStore", "CTrace"],
      swiftSettings: strict),
    .executableTarget(
      name: "artifact", dependencies: ["ArtifactCore", "ArtifactIO", "ArtifactRun", "ArtifactStore", arguments],
      swiftSettings: strict),
    .target(
      name: "TestSupport", dependencies: ["ArtifactCore", "ArtifactIO"], path: "Tests/TestSupport",
      swiftSettings: strict),
    .testTarget(name: "CollectionModelTests", swiftSettings: strict),
    .testTarget(name: "ArtifactCoreTests", dependencies: ["ArtifactCore", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "ArtifactIOTests", dependencies: ["ArtifactIO", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "ArtifactStoreTests", dependencies: ["ArtifactCore", "ArtifactIO", "ArtifactStore", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "ArtifactRunTests",
      dependencies: ["ArtifactCore", "ArtifactIO", "ArtifactRun", "ArtifactStore", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "CommandTests", dependencies: ["artifact", "ArtifactCore", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "WallTests", dependencies: ["TestSupport"], swiftSettings: strict),
  ]
)
