#compdef nsaccess
# Completion of nsaccess for zsh.

_nsaccess() {
    # What follows -- is another command's.
    local dashes=${words[(i)--]}
    if (( dashes < CURRENT )); then
        shift $dashes words
        (( CURRENT -= dashes ))
        _normal
        return
    fi
    local line value
    local -a whole=() begun=()
    for line in "${(@f)$(nsaccess __complete zsh $(( CURRENT - 2 )) -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        [[ -n $line ]] || continue
        value=${line%%$'\t'*}
        local described=${value//:/\\:}
        [[ $line == *$'\t'* ]] && described+=:${line#*$'\t'}
        if [[ $value == *[/=] ]]; then
            begun+=("$described")
        else
            whole+=("$described")
        fi
    done
    local result=1
    (( $#whole )) && _describe -V nsaccess whole && result=0
    (( $#begun )) && _describe -V nsaccess begun -S '' && result=0
    return result
}

# Sourced it registers itself; as a file in $fpath zsh calls it.
if [[ ${funcstack[1]} == _nsaccess ]]; then
    _nsaccess "$@"
else
    compdef _nsaccess nsaccess
fi
