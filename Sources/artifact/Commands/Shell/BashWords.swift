/// What the generated bash script cannot do: references hold `@` and `:`, at which bash takes words apart.
enum BashWords {
  /// Goes behind the generated script.
  ///
  /// Puts such words together, lets the script complete them, and takes from the answers what bash believes to be an
  /// earlier word.
  static let script = #"""

    _artifact_references() {
        local -a joined=()
        local -i position index=0
        local word glue=
        for ((position = 0; position < ${#COMP_WORDS[@]}; position++)); do
            word="${COMP_WORDS[position]}"
            if [[ position -gt 1 && -n "${word}" && ( -n "${glue}" || -z "${word//[@:]/}" ) ]]; then
                joined[${#joined[@]} - 1]+="${word}"
            else
                joined+=("${word}")
            fi
            glue=
            [[ "${word}" == [@:] ]] && glue=yes
            [[ position -eq COMP_CWORD ]] && index=${#joined[@]}-1
        done
        local -a COMP_WORDS=("${joined[@]}")
        local -i COMP_CWORD=index
        local cut="${joined[index]}"
        _artifact "${1}" "${cut}" "${joined[index > 0 ? index - 1 : 0]}"
        while [[ -n "${cut}" && ( "${cut: -1}" != [@:] || "${COMP_WORDBREAKS}" != *"${cut: -1}"* ) ]]; do
            cut="${cut%?}"
        done
        [[ "${cut: -1}" == @ ]] && cut="${cut%@}"  # readline counts @ to the word behind it
        COMPREPLY=("${COMPREPLY[@]#"${cut}"}")
        [[ "${joined[index]}" == *[@:]* ]] && compopt +o filenames
        [[ ${#COMPREPLY[@]} -eq 1 && "${COMPREPLY[0]}" == */ ]] && compopt -o nospace
    } 2>/dev/null

    complete -o filenames -F _artifact_references artifact
    """#
}
