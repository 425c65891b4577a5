#!/bin/sh
# Rebuilds folders from an artifact store without the artifact program (store-layout.md §7).
#
#   recover.sh STORE list                     names, versions, trees and records
#   recover.sh STORE NAME[@VERSION|@TAG] DEST that version, the latest without @
#   recover.sh STORE DIGEST DEST              that tree or record, 64 hexadecimal digits
#
# Needs sh, awk, zstd, GNU tar and coreutils. Writes nothing to the store. Needs room beside DEST for the unpacked store.
#
# Packs may be damaged or cut off: whatever comes out and has the right SHA-256 is used. Every file that was written is
# read again at the end. What is lost is listed on standard error, as in a tree text (`\\` and `\n` in names).
#
# Exit: 0 everything asked for came out right (warnings tell of damage elsewhere), 1 error, 2 usage, 4 something is lost
# or damaged, 8 disk full or not permitted, 10 no such name, version or digest, 130 interrupted.

set -u
LC_ALL=C
export LC_ALL
work=

say() { printf 'recover: %s\n' "$*" >&2; }
die() { code=$1; shift; say "$*"; exit "$code"; }
usage() { sed -n '4,6s/^# *//p' "$0" >&2; exit 2; }
clean() { if [ -n "$work" ]; then rm -rf -- "$work"; fi; }
trap clean EXIT
trap 'exit 130' HUP INT TERM

# Makes the folder for everything that is removed at the end.
make_work() {
  mkdir -m 700 -- "$1" || die 8 "cannot write in $(dirname -- "$1")"
  work=$(cd -- "$1" && pwd && printf x) || exit 8
  work=${work%?x}
  mkdir "$work/p" "$work/l" "$work/b" "$work/e" || exit 8
  write_programs
}

# ---------------------------------------------------------------------------------------------------------------- awk

write_programs() {
  # Functions for all programs.
  cat > "$work/common.awk" <<'AWK'
function is_hex(s) { return length(s) == 64 && s !~ /[^0-9a-f]/ }
function string_end(json, p,   c) {
  for (;;) {
    c = substr(json, ++p, 1)
    if (c == "\\") p++
    else if (c == "\"" || c == "") return p
  }
}
# Splits the members of a JSON object without white space: member[key] = value as it stands.
function split_members(json, member,   p, n, c, end, key, start, depth) {
  split("", member)
  n = length(json)
  p = 2
  while (p < n && substr(json, p, 1) == "\"") {
    end = string_end(json, p)
    key = substr(json, p + 1, end - p - 1)
    start = p = end + 2
    depth = 0
    for (; p <= n; p++) {
      c = substr(json, p, 1)
      if (c == "\"") p = string_end(json, p)
      else if (c == "{" || c == "[") depth++
      else if (c == "}" || c == "]") { if (depth-- == 0) break }
      else if (c == "," && depth == 0) break
    }
    member[key] = substr(json, start, p - start)
    p++
  }
  return p == n + 1
}
function text(value) { return substr(value, 2, length(value) - 2) }
function digest(value) { return substr(value, 9, 64) }
AWK

  # paths of entry files → versions: "name version record time void tags…"; leaf hashes to check; what is wrong.
  cat > "$work/log.awk" <<'AWK'
{
  count = split($0, part, "/")
  number = part[count - 1] * 1000000 + part[count]
  if (part[count] !~ /^[0-9]+$/ || part[count - 1] !~ /^[0-9]+$/) next
  while (expected < number) { print "log entry " expected++ " is missing" > bad; isHurt = 1 }
  expected = number + 1
  json = leaf = ""
  if ((getline json < $0) <= 0 || (getline leaf < $0) <= 0 || !is_hex(leaf) || !split_members(json, m)) {
    print "log entry " number " is damaged" > bad
    isHurt = 1
    close($0)
    next
  }
  close($0)
  printf "%c%s", 0, json > (leaves "/" number)
  close(leaves "/" number)
  print number, leaf > stated
  event = text(m["event"])
  name = text(m["name"])
  version = m["version"] + 0
  if (event == "publish") {
    # Behind a hole in the log nobody knows which version comes next.
    isNext = version == last[name] + 1 && (!(name in kind) || kind[name] == m["kind"])
    if (!isNext && !isHurt) next
    kind[name] = m["kind"]
    last[name] = version
    line[++lines] = name " " version " " digest(m["record"]) " " text(m["time"])
    of[name, version] = lines
  } else if (event == "tag") {
    if (version >= 1 && version <= last[name]) tagged[name, text(m["tag"])] = version
  } else if (event == "untag") {
    delete tagged[name, text(m["tag"])]
  }
}
END {
  for (key in tagged) {
    split(key, part, SUBSEP)
    tags[of[part[1], tagged[key]]] = tags[of[part[1], tagged[key]]] " " part[2]
  }
  for (i = 1; i <= lines; i++) print line[i] tags[i]
}
AWK

  # sums of unpacked members → good objects: "digest path"
  cat > "$work/good.awk" <<'AWK'
{
  path = substr($0, 67)
  if (split(path, part, "/") != 4 || part[1] != "p" || part[3] != "o") next
  name = substr(part[4], 1, 64)
  rest = substr(part[4], 65)
  if (!is_hex(name) || (rest != "" && rest !~ /^\.~[0-9]+~$/)) next
  if (name != substr($0, 1, 64)) { wrong++; next }
  if (!(name in seen)) { seen[name]; print name, path }
}
END { if (wrong) print wrong " unpacked objects are damaged or cut off" > bad }
AWK

  # good objects, versions → the listing
  cat > "$work/list.awk" <<'AWK'
FILENAME == ARGV[1] { object[$1] = $2; next }
{
  tree = "lost"
  if ($3 in object) {
    file = work "/" object[$3]
    json = ""
    getline json < file
    close(file)
    if (split_members(json, m)) tree = digest(m["tree"])
  }
  if (tree == "lost") status = 4
  tags = ""
  for (i = 5; i <= NF; i++) tags = tags " " $i
  print $1 "@" $2 "  tree " tree "  record " $3 "  " $4 (tags == "" ? "" : "  tags" tags)
}
END { exit status }
AWK

  # good objects, recipes, a root → work lists (folders.sh comes before build.sh), expected sums, lost paths.
  cat > "$work/walk.awk" <<'AWK'
# For the shell. (Not with split(): some awks split at newlines too.)
function quoted(s,   i, out) {
  out = "\047"
  while ((i = index(s, "\047")) > 0) {
    out = out substr(s, 1, i - 1) "\047\\\047\047"
    s = substr(s, i + 1)
  }
  return out s "\047"
}
function unescaped(s,   i, out) {
  out = ""
  while ((i = index(s, "\\")) > 0) {
    out = out substr(s, 1, i - 1) (substr(s, i + 1, 1) == "n" ? "\n" : substr(s, i + 1, 1))
    s = substr(s, i + 2)
  }
  return out s
}
function lost(path, why) { print (path == "" ? "the whole tree" : path) ": " why > "lost" }
function short(hex) { return substr(hex, 1, 12) }

# The parts of a recipe text; 0 if it does not read well. Sets isNested.
function read_recipe(file, parts,   line, n, digits) {
  n = 0
  isNested = 0
  if ((getline line < file) <= 0 || (line != "recipe 1" && line != "recipes 1")) { close(file); return 0 }
  isNested = line == "recipes 1"
  while ((getline line < file) > 0) {
    digits = substr(line, 66)
    if (!is_hex(substr(line, 1, 64)) || substr(line, 65, 1) != " " || digits !~ /^[1-9][0-9]*$/) { n = -1; break }
    parts[++n] = substr(line, 1, 64)
  }
  close(file)
  return n < 0 ? 0 : n
}
# Where the chunks lie that a recipe names, in order, each with a newline; "" if one is missing, which `missing` tells.
function chunks(file,   parts, n, i, inner, k, j, out, nested) {
  out = ""
  n = read_recipe(file, parts)
  nested = isNested
  if (n == 0) missing = "a recipe that cannot be read"
  for (i = 1; i <= n; i++) {
    if (!(parts[i] in object)) { missing = (nested ? "recipe " : "chunk ") short(parts[i]); return "" }
    if (!nested) {
      out = out object[parts[i]] "\n"
      continue
    }
    split("", inner)
    k = read_recipe(object[parts[i]], inner)
    if (k == 0 || isNested) { missing = "recipe " short(parts[i]); return "" }
    for (j = 1; j <= k; j++) {
      if (!(inner[j] in object)) { missing = "chunk " short(inner[j]); return "" }
      out = out object[inner[j]] "\n"
    }
  }
  return out
}
# The different lists of chunks that there are for a blob; their number. `missing` is set when there is none.
function lists(hex, found,   n, i, part, k, list, isNew, j) {
  n = 0
  missing = "object " short(hex)
  k = split(recipe[hex], part, " ")
  for (i = 1; i <= k; i++) {
    list = chunks(part[i])
    isNew = list != ""
    for (j = 1; j <= n; j++) if (found[j] == list) isNew = 0
    if (isNew) found[++n] = list
  }
  return n
}
function keep_list(list,   file) {
  file = "l/" ++listCount
  printf "%s", list > file
  close(file)
  return file
}
# A file with the bytes of a tree or record, put together here if need be; "" if it is lost.
function get(hex,   found, n, i, file, command, sum) {
  if (hex in object) return object[hex]
  n = lists(hex, found)
  for (i = 1; i <= n; i++) {
    file = "b/" hex
    command = "xargs cat < " keep_list(found[i]) " > " file " && sha256sum < " file
    sum = ""
    command | getline sum
    close(command)
    if (substr(sum, 1, 64) == hex) { object[hex] = file; return file }
    missing = "right order for the chunks of " short(hex)
  }
  return ""
}
function flush_names(kind) {
  if (names[kind] != "") print (kind == "d" ? "D" : "X") names[kind] > (kind == "d" ? "folders.sh" : "build.sh")
  names[kind] = ""
  nameCount[kind] = 0
}
# Gathers names for mkdir or chmod, so that one call serves many.
function add_name(kind, path) {
  names[kind] = names[kind] " " quoted("./" path)
  if (++nameCount[kind] >= 100 || length(names[kind]) > 60000) flush_names(kind)
}
# One file; large ones by their recipes.
function build(hex, path, shown, isExecutable,   found, n, i, out, count, part, command) {
  out = quoted("./" path)
  if (hex == empty) {
    print "true > " out > "build.sh"
  } else if (hex in object) {
    print (used[hex]++ ? "C " : "F ") object[hex] " " out > "build.sh"
  } else {
    n = lists(hex, found)
    if (n == 0) { lost(shown, missing " is in no pack that can be read"); return }
    if (n > 1) {
      # Recipes are claims: try each.
      command = "T " hex " " out
      for (i = 1; i <= n; i++) command = command " " keep_list(found[i])
      print command > "build.sh"
    } else if ((count = split(found[1], part, "\n")) <= 200) {
      sub(/\n$/, "", found[1])
      gsub(/\n/, " ", found[1])
      print "(cd \"$W\" && exec cat " found[1] ") > " out > "build.sh"
    } else {
      print "(cd \"$W\" && exec xargs cat < " keep_list(found[1]) ") > " out > "build.sh"
    }
  }
  print hex " " shown > "expected"
  if (isExecutable) executable[++executables] = path
}
# Takes note of a folder that is still to be read. (A queue: awk's stack is too small for 64 calls inside each other.)
function add_tree(hex, path, shown, depth, size) {
  treeHex[++trees] = hex
  treePath[trees] = path
  treeShown[trees] = shown
  treeDepth[trees] = depth
  treeSize[trees] = size
}
# The entries of one tree.
function read_tree(number,   hex, path, shown, depth, file, line, rest, space, kind, size, digits, raw, name, total, lines) {
  hex = treeHex[number]
  path = treePath[number]
  shown = treeShown[number]
  depth = treeDepth[number]
  if (depth >= 64) { lost(shown, "more than 64 trees inside each other"); return }
  file = get(hex)
  if (file == "") { lost(shown, "its tree is lost: " missing " is in no pack that can be read"); return }
  if ((getline line < file) <= 0 || line != "tree 1") { close(file); lost(shown, short(hex) " is not a tree"); return }
  total = 0
  lines = 1
  while ((getline line < file) > 0) {
    lines++
    kind = substr(line, 1, 1)
    rest = substr(line, 3)
    space = index(rest, " ")
    size = substr(rest, 1, space - 1)
    digits = substr(rest, space + 1, 64)
    raw = substr(rest, space + 67)
    name = unescaped(raw)
    if (index("dflx", kind) == 0 || size !~ /^[0-9]+$/ || !is_hex(digits) || substr(rest, space + 65, 2) != "  " ||
        name == "" || name == "." || name == ".." || index(name, "/")) {
      lost(shown, "line " lines " of tree " short(hex) " is not in the form of a tree")
      continue
    }
    total += size
    if (kind == "d") {
      add_name("d", path name)
      add_tree(digits, path name "/", shown raw "/", depth + 1, size)
    } else if (kind == "l") {
      if (digits in object) link[++links] = "L " object[digits] " " quoted("./" path name) " " size " " quoted(shown raw)
      else lost(shown raw, "object " short(digits) " is in no pack that can be read")
    } else {
      build(digits, path name, shown raw, kind == "x")
    }
  }
  close(file)
  if (treeSize[number] != "" && total != treeSize[number] + 0)
    lost(shown, "it holds " total " bytes, the tree above it says " treeSize[number])
}
FILENAME == ARGV[1] { object[$1] = $2; next }
FILENAME == ARGV[2] { recipe[$1] = recipe[$1] " " $2; next }
END {
  empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  file = get(root)
  if (file == "") { lost("", missing " is in no pack that can be read"); exit }
  getline first < file
  close(file)
  if (substr(first, 1, 1) == "{" && split_members(first, m) && is_hex(digest(m["tree"]))) root = digest(m["tree"])
  add_tree(root, "", "", 0, "")
  for (i = 1; i <= trees; i++) read_tree(i)
  flush_names("d")
  for (i = 1; i <= executables; i++) add_name("x", executable[i])
  flush_names("x")
  for (i = 1; i <= links; i++) print link[i] > "build.sh"
}
AWK

  # expected sums, sums of what was written → paths that are not right
  cat > "$work/compare.awk" <<'AWK'
FILENAME == ARGV[1] { hash[substr($0, 66)] = substr($0, 1, 64); next }
{
  isEscaped = substr($0, 1, 1) == "\\"
  line = isEscaped ? substr($0, 2) : $0
  name = substr(line, 69)
  # Newer versions of sha256sum escape a carriage return too; trees do not.
  if (isEscaped && index(name, "\\r")) {
    out = ""
    while ((i = index(name, "\\")) > 0) {
      out = out substr(name, 1, i - 1) (substr(name, i + 1, 1) == "r" ? "\r" : substr(name, i, 2))
      name = substr(name, i + 2)
    }
    name = out name
  }
  if (hash[name] == substr(line, 1, 64)) right[name]
}
END { for (name in hash) if (!(name in right)) print name ": the file that was written has other bytes than its digest says" }
AWK

  cat > "$work/functions.sh" <<'SH'
D() { mkdir -- "$@" || hurt=8; }
X() { chmod +x -- "$@" || hurt=8; }
F() { ln -- "$W/$1" "$2" 2> /dev/null || cp -- "$W/$1" "$2"; }
C() { cp -- "$W/$1" "$2"; }
# Tries one list of chunks after the other until the whole has its digest.
T() {
  digest=$1 out=$2
  shift 2
  for list; do
    (cd "$W" && exec xargs cat < "$list") > "$out"
    sum=$(sha256sum < "$out")
    if [ "${sum%% *}" = "$digest" ]; then return; fi
  done
}
L() {
  target=$(cat "$W/$1" && printf x)
  target=${target%x}
  if [ "${#target}" -ne "$3" ] || ! ln -s -- "$target" "$2"; then
    printf '%s: the link could not be made\n' "$4" >> "$W/lost"
  fi
}
SH
}

# ------------------------------------------------------------------------------------------------------------- packs

hex_bytes() { od -An -v -tx1 | tr -d ' \n'; }

# Unpacks a stream of members into a new folder; $1 is its number, $2 a list of wanted members or nothing.
unpack_stream() {
  mkdir -p "$work/p/$1"
  if [ -n "$2" ]; then set -- "$1" -T "$2"; else set -- "$1"; fi
  into=$1
  shift
  # Complaints about damage are expected; what they hit fails its SHA-256. They are not kept: the disk may be full.
  complaints=$(tar -x -i -m -f - -C "$work/p/$into" --backup=numbered --no-same-owner --no-same-permissions "$@" 2>&1)
  case $complaints in
    *'No space left'* | *'quota exceeded'*) die 8 "the disk is full: the unpacked store needs more room beside DEST" ;;
  esac
}

# Prints "offset size" of every frame with members, as the seek table at the end of a pack says; nothing without one.
frames() {
  size=$(wc -c < "$1")
  set -- "$1" "$(tail -c 9 -- "$1" | hex_bytes)"
  case $2 in ????????00b1ea928f) ;; *) return ;; esac
  count=$(printf '%s' "$2" | sed 's/^\(..\)\(..\)\(..\)\(..\).*/0x\4\3\2\1/')
  count=$((count))
  if [ "$count" -gt 16777216 ] || [ $((count * 8 + 17)) -gt "$((size))" ]; then return; fi
  tail -c $((count * 8 + 17)) -- "$1" | od -An -v -tu1 | awk -v count="$count" -v size="$size" '
    { for (i = 1; i <= NF; i++) byte[n++] = $i }
    function u32(at) { return byte[at] + 256 * (byte[at + 1] + 256 * (byte[at + 2] + 256 * byte[at + 3])) }
    END {
      for (i = 0; i < count; i++) total += u32(8 + i * 8)
      # Offsets count from the start: the sizes must add up to the file.
      if (total + count * 8 + 17 != size) exit
      for (i = 0; i < count; i++) {
        if (u32(12 + i * 8) > 0) printf "%.0f %.0f\n", offset, u32(8 + i * 8)
        offset += u32(8 + i * 8)
      }
    }'
}

# Unpacks all packs, each into a folder of its own; $1 is a list of wanted members or nothing.
unpack() {
  number=0
  packs=0
  for pack in "$store"/blobs/sha256/*; do
    [ -f "$pack" ] || continue
    # An exported store holds other blobs too: a pack starts like a zstd frame or ends like a seek table.
    if [ "$(head -c 4 -- "$pack" | hex_bytes)" != 28b52ffd ] && [ "$(tail -c 4 -- "$pack" | hex_bytes)" != b1ea928f ]; then
      continue
    fi
    packs=$((packs + 1))
    number=$((number + 1))
    rm -f "$work/bad"
    { zstd -dcq -- "$pack" 2> /dev/null || : > "$work/bad"; } | unpack_stream "$number" "$1" || exit $?
    [ -e "$work/bad" ] || continue
    say "warning: pack $(basename -- "$pack") is damaged or cut off; what can be read of it is used"
    number=$((number + 1))
    # One frame after the other: members are whole in a frame, so those behind the damage can be had too.
    frames "$pack" > "$work/frames"
    while read -r offset size; do
      tail -c +$((offset + 1)) -- "$pack" | head -c "$size" | zstd -dcq 2> /dev/null |
        unpack_stream "$number" "$1" || exit $?
    done < "$work/frames"
  done
  [ "$packs" -gt 0 ] || say "warning: there are no packs in $store/blobs/sha256"
}

# Hashes what was unpacked: $work/objects is "digest path" of the good ones, $work/recipes of all recipes.
check_objects() {
  (
    cd "$work" || exit 8
    : > problems
    find p -type f -path 'p/*/o/*' -exec sha256sum {} + 2> /dev/null |
      awk -v bad=problems -f common.awk -f good.awk > objects
    find p -type f -path 'p/*/r/*' |
      awk -F/ 'NF == 4 && substr($4, 1, 64) !~ /[^0-9a-f]/ && length($4) >= 64 { print substr($4, 1, 64), $0 }' |
      sort > recipes
    while read -r line; do say "warning: $line"; done < problems
  )
}

# --------------------------------------------------------------------------------------------------------------- log

# Reads the log into $work/versions; returns 4 if something is wrong with it.
read_log() {
  : > "$work/stated"
  : > "$work/logbad"
  find "$store/artifact/log/entry" -type f 2> /dev/null | sort |
    awk -v bad="$work/logbad" -v leaves="$work/e" -v stated="$work/stated" \
      -f "$work/common.awk" -f "$work/log.awk" > "$work/versions"
  # The leaf hash of RFC 6962, in bulk; an awk that cannot write a zero byte cannot help here.
  if [ "$(awk 'BEGIN { printf "%c", 0 }' | hex_bytes)" = 00 ]; then
    (
      cd "$work/e" || exit 8
      find . -type f -exec sha256sum {} + | awk '
        FILENAME == ARGV[1] { stated[$1] = $2; next }
        { number = substr($2, 3); if (stated[number] != $1) print "log entry " number " has another leaf hash than it says" }
      ' "$work/stated" - >> "$work/logbad"
    )
  else
    say "warning: this awk cannot check the log's leaf hashes"
  fi
  [ -s "$work/logbad" ] || return 0
  while read -r line; do say "damaged: $line"; done < "$work/logbad"
  return 4
}

list() {
  make_work "${TMPDIR:-/tmp}/artifact-recover-$$"
  status=0
  read_log || status=4
  awk '{ print "o/" $3 }' "$work/versions" | sort -u > "$work/wanted"
  unpack "$work/wanted"
  check_objects
  awk -v work="$work" -f "$work/common.awk" -f "$work/list.awk" "$work/objects" "$work/versions" || status=4
  return "$status"
}

# ----------------------------------------------------------------------------------------------------------- recover

# Sets $root to the digest that NAME[@VERSION|@TAG] leads to.
resolve() {
  read_log || say "warning: the log is damaged; versions behind the damage are taken as they are"
  name=${1%%@*}
  selector=
  case $1 in *@*) selector=${1#*@} ;; esac
  root=$(awk -v name="$name" -v selector="$selector" '
    $1 != name { next }
    { isWanted = selector == "" || selector == "latest" || $2 == selector
      for (i = 5; i <= NF; i++) if ($i == selector) isWanted = 1
      if (isWanted) record = $3 }
    END { print record }' "$work/versions")
  [ -n "$root" ] || die 10 "there is no $1 in the log of this store; \"$0 STORE list\" shows what there is"
}

# Runs the work list in the new folder $dest.
build() {
  W=$work
  hurt=0
  mkdir -- "$dest" || die 8 "cannot make $dest"
  cd -- "$dest" || die 8 "cannot enter $dest"
  . "$work/functions.sh"
  . "$work/folders.sh"
  . "$work/build.sh"
  [ "$hurt" -eq 0 ] || say "warning: not everything could be written"
  find . -type f -exec sha256sum {} + > "$work/written"
  awk -f "$work/compare.awk" "$work/expected" "$work/written" >> "$work/lost"
  return "$hurt"
}

recover() {
  case $dest in /*) ;; *) dest=$PWD/$dest ;; esac
  if [ -e "$dest" ] || [ -L "$dest" ]; then die 1 "$dest is there already"; fi
  parent=$(dirname -- "$dest" && printf x)
  make_work "${parent%?x}/.artifact-recover-$$"
  case $1 in
    sha256:*) root=${1#sha256:} ;;
    *) root=$1 ;;
  esac
  case $root in
    *[!0-9a-f]*) resolve "$1" ;;
    *) [ "${#root}" -eq 64 ] || resolve "$1" ;;
  esac
  unpack ''
  check_objects
  : > "$work/lost"
  : > "$work/expected"
  : > "$work/folders.sh"
  : > "$work/build.sh"
  (cd "$work" && awk -v root="$root" -f common.awk -f walk.awk objects recipes) || die 8 "the work lists could not be written"
  status=0
  build || status=$?
  if [ -s "$work/lost" ]; then
    sort "$work/lost" | while IFS= read -r line; do say "lost: $line"; done
    say "$(wc -l < "$work/lost") lost or damaged; the rest is in $dest"
    return 4
  fi
  [ "$status" -eq 0 ] || return "$status"
  say "everything is in $dest: $(wc -l < "$work/expected") files, each with its SHA-256"
}

# -------------------------------------------------------------------------------------------------------------- main

[ $# -ge 2 ] || usage
store=$1
case $store in /*) ;; *) store=$PWD/$store ;; esac
[ -d "$store/blobs/sha256" ] || die 1 "$1 is not a store: it has no blobs/sha256"
for tool in zstd tar awk sha256sum od; do
  command -v "$tool" > /dev/null || die 1 "$tool is needed and not here"
done
tar --version 2> /dev/null | grep -q GNU || die 1 "GNU tar is needed"

if [ "$2" = list ] && [ $# -eq 2 ]; then
  list
elif [ $# -eq 3 ]; then
  dest=$3
  recover "$2"
else
  usage
fi
