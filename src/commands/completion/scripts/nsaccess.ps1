# Completion of nsaccess for PowerShell.

Register-ArgumentCompleter -Native -CommandName nsaccess -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        Select-Object -Skip 1 |
        ForEach-Object { $_.Extent.Text })
    # PowerShell before 7.3 drops an empty last word; the number of words before it tells that it is there.
    & nsaccess __complete powershell $words.Count -- @words $wordToComplete 2>$null | ForEach-Object {
        $value, $note = $_ -split "`t", 2
        if (-not $note) { $note = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $note)
    }
}
