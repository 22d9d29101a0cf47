# Completion of nsaccess for fish.

function __nsaccess_complete
    set --local words (commandline --current-process --tokenize --cut-at-cursor)
    set --local current (commandline --current-token --cut-at-cursor)
    # What follows -- is another command's.
    if set --local dashes (contains --index -- -- $words)
        set --local command
        if test $dashes -lt (count $words)
            set command (string escape -- $words[(math $dashes + 1)..-1])
        end
        complete --do-complete (string join ' ' -- $command $current)
        return
    end
    nsaccess __complete fish (math (count $words) - 1) -- $words[2..-1] $current 2>/dev/null
end

complete --command nsaccess --no-files --keep-order --arguments '(__nsaccess_complete)'
