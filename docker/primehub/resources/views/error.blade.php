<!doctype html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <title>{{ $exception->getStatusCode() }} · {{ config('app.name') }}</title>
</head>
<body>
    <main>
        <h1>{{ Symfony\Component\HttpFoundation\Response::$statusTexts[$exception->getStatusCode()] ?? 'Error' }}</h1>
        <p><a href="/">Back to the shop</a></p>
    </main>
</body>
</html>
