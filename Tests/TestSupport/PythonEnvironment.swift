/// A virtual environment with packages from wheels, made without a network and without pip.
public struct PythonEnvironment: Sendable {
  /// The interpreter that everything is built on.
  public static let base = "/usr/bin/python3"

  /// The folder of the environment, below the test's folder.
  public let name: String
  private let folder: TestFolder

  /// Makes an empty one.
  public init(_ name: String, in folder: TestFolder) throws {
    self.name = name
    self.folder = folder
    try folder.sh("\(Self.base) -I -m venv --without-pip '\(name)'")
  }

  /// The interpreter's file.
  public var python: String { "\(folder.text)/\(name)/bin/python" }

  /// The folder of packages.
  public var packages: String {
    get throws {
      String(
        try folder.sh("'\(python)' -I -c 'import sysconfig; print(sysconfig.get_path(\"purelib\"))'")
          .dropLast())
    }
  }

  /// Writes a wheel of a package with one module, whose `say` prints `text`, into a folder of the test.
  public static func wheel(
    _ package: String, _ version: String, says text: String, into wheelhouse: String, in folder: TestFolder
  ) throws {
    try folder.write("make-wheel.py", makeWheel)
    try folder.sh("mkdir -p '\(wheelhouse)'; \(base) make-wheel.py '\(wheelhouse)' \(package) \(version) '\(text)'")
  }

  /// Installs a wheel as an installer does.
  public func install(_ wheel: String) throws {
    try folder.write("install-wheel.py", Self.installWheel)
    try folder.sh("'\(python)' -I install-wheel.py '\(wheel)'")
  }

  /// Installs a folder of the test so that the environment uses it where it lies, by pip and without a network.
  public func installEditable(_ source: String) throws {
    try folder.sh(
      """
      '\(python)' -I -m ensurepip >/dev/null
      '\(python)' -I -m pip install --quiet --disable-pip-version-check --no-index --no-build-isolation -e '\(source)'
      """)
  }

  /// A build backend (PEP 517, PEP 660) of a package `near` in the folder that it lies in; it leaves the time of the build
  /// in the wheel, as many do.
  public static let backend = """
    import os, time, zipfile
    INFO = "near-0.1.dist-info"
    def write(folder, files):
        name = "near-0.1-py3-none-any.whl"
        with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
            for path, text in files.items():
                wheel.writestr(zipfile.ZipInfo(path, time.gmtime()[:6]), text)
            wheel.writestr(f"{INFO}/METADATA", "Metadata-Version: 2.1\\nName: near\\nVersion: 0.1\\n")
            wheel.writestr(f"{INFO}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
            names = [*files, f"{INFO}/METADATA", f"{INFO}/WHEEL", f"{INFO}/RECORD"]
            wheel.writestr(f"{INFO}/RECORD", "".join(f"{name},,\\n" for name in names))
        return name
    def build_wheel(folder, config_settings=None, metadata_directory=None):
        return write(folder, {"near/__init__.py": open("near/__init__.py").read()})
    def build_editable(folder, config_settings=None, metadata_directory=None):
        return write(folder, {"near.pth": os.getcwd() + "\\n"})

    """

  private static let makeWheel = """
    import base64, hashlib, sys, zipfile
    folder, name, version, text = sys.argv[1:]
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f"def say():\\n    print({text!r})\\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        f"{info}/entry_points.txt": f"[console_scripts]\\n{name}-say = {name}:say\\n",
    }
    lines = []
    with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, content in files.items():
            data = content.encode()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            lines.append(f"{path},sha256={digest},{len(data)}\\n")
            wheel.writestr(zipfile.ZipInfo(path), data)
        wheel.writestr(zipfile.ZipInfo(f"{info}/RECORD"), "".join(lines) + f"{info}/RECORD,,\\n")

    """

  private static let installWheel = """
    import os, sys, sysconfig, zipfile
    site, scripts = sysconfig.get_path("purelib"), sysconfig.get_path("scripts")
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        wheel.extractall(site)
        info = next(name for name in wheel.namelist() if name.endswith("/RECORD")).split("/")[0]
    name = info.split("-")[0]
    program = f"{scripts}/{name}-say"
    with open(program, "w") as file:
        file.write(f"#!{sys.executable}\\nfrom {name} import say\\nsay()\\n")
    os.chmod(program, 0o755)
    with open(f"{site}/{info}/INSTALLER", "w") as file:
        file.write("test\\n")
    with open(f"{site}/{info}/RECORD", "a") as file:
        file.write(f"{os.path.relpath(program, site)},,\\n{info}/INSTALLER,,\\n")

    """
}
